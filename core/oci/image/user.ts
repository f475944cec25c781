import { TsdockError } from "../../errors/tsdock-error.ts";

/** Who a process of an image runs as. */
export interface ImageUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, in the order of the group file. */
  readonly groups: readonly number[];
  /** Absolute; `/` for a user without a line in passwd. */
  readonly home: string;
}

interface PasswdLine {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupLine {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

const largestId = 2 ** 31 - 1;

/**
 * Looks up `user[:group]`, each a name or a number, in the text of an image's `etc/passwd` and `etc/group` (undefined
 * where the image has none), by the rules of runc and docker: digits are always an id; an id needs no line; an explicit
 * group leaves no supplementary groups; the empty user is root. Error `USER_UNKNOWN`.
 */
export function lookupUser(spec: string, passwd: string | undefined, group: string | undefined): ImageUser {
  const [userPart, groupPart] = splitOnce(spec, ":");
  const wanted = userPart === "" ? 0 : numericId(userPart, spec);
  const line = passwdLines(passwd ?? "").find((entry) =>
    wanted === undefined ? entry.name === userPart : entry.uid === wanted,
  );
  if (line === undefined && wanted === undefined) throw unknown("user", userPart, "etc/passwd");
  const { uid, gid, home } = line ?? { uid: wanted ?? 0, gid: 0, home: "/" };
  const groups = groupLines(group ?? "");
  if (groupPart !== "") return { uid, gid: explicitGroup(groupPart, groups, spec), groups: [], home };
  const supplementary = groups.filter((entry) => line !== undefined && entry.members.includes(line.name));
  return { uid, gid, groups: [...new Set(supplementary.map((entry) => entry.gid))], home };
}

/** The id of a group by name or number. Error `USER_UNKNOWN`. */
export const lookupGroup = (part: string, group: string | undefined): number =>
  explicitGroup(part, groupLines(group ?? ""), part);

function explicitGroup(part: string, groups: readonly GroupLine[], spec: string): number {
  const wanted = numericId(part, spec);
  const line = groups.find((entry) => (wanted === undefined ? entry.name === part : entry.gid === wanted));
  const gid = line?.gid ?? wanted;
  if (gid === undefined) throw unknown("group", part, "etc/group");
  return gid;
}

/** Undefined for what is not all digits. */
function numericId(text: string, spec: string): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const id = Number(text);
  if (id <= largestId) return id;
  throw new TsdockError("USER_UNKNOWN", `${spec}: the id ${text} is larger than ${largestId}`, {
    hint: "Linux ids end there",
  });
}

const unknown = (kind: "user" | "group", name: string, file: string): TsdockError =>
  new TsdockError(
    "USER_UNKNOWN",
    `the image knows no ${kind} ${JSON.stringify(name)}: ${file} has no such line`,
    {
      hint: `create the ${kind} in an earlier instruction, or give a number`,
    },
  );

/** passwd(5): `name:password:uid:gid:gecos:home:shell`. Lines that are not so are passed over, as the C library does. */
function passwdLines(text: string): readonly PasswdLine[] {
  return fieldsOf(text).flatMap(([name = "", , uid = "", gid = "", , home = ""]) =>
    name !== "" && isId(uid) && isId(gid)
      ? [{ name, uid: Number(uid), gid: Number(gid), home: home === "" ? "/" : home }]
      : [],
  );
}

/** group(5): `name:password:gid:member,member`. */
function groupLines(text: string): readonly GroupLine[] {
  return fieldsOf(text).flatMap(([name = "", , gid = "", members = ""]) =>
    name !== "" && isId(gid) ? [{ name, gid: Number(gid), members: members.split(",") }] : [],
  );
}

const isId = (text: string): boolean => /^[0-9]{1,10}$/.test(text);

const fieldsOf = (text: string): readonly (readonly string[])[] =>
  text.split("\n").map((line) => line.trim().split(":"));

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
