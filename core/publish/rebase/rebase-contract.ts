import type { DirectoryIndex } from "../../oci/layer/directory-index.ts";
import { fromByteString, type LayerEntry, parentPath } from "../../oci/layer/entry.ts";
import type { History } from "../../oci/spec/image-config.ts";

/** What is known of a base without its files. */
export interface BaseView {
  readonly directories: DirectoryIndex;
  /** Text of `etc/passwd` and `etc/group`; empty where there is none. */
  readonly passwd: string;
  readonly group: string;
}

export interface ContractInput {
  /** Entries of the image's own layers, lowest first. */
  readonly own: readonly (readonly LayerEntry[])[];
  /** The image's own lines. */
  readonly history: readonly History[];
  /** `USER` where the image itself says it. */
  readonly user: string | undefined;
  readonly before: BaseView;
  readonly after: BaseView;
}

/**
 * What the image's own layers take for granted of their base and another base does not keep, one sentence each: steps that
 * read its files; directories that were copied with its modes and owners; links that files were put behind; ids of users
 * by whose names files were given away. Nothing: the image is what a build on the other base would have given.
 */
export function brokenContract(input: ContractInput): readonly string[] {
  return [...ranSteps(input), ...movedDirectories(input), ...renamedOwners(input)];
}

/** docker's classic builder writes a bare shell command for a RUN, and `#(nop)` for everything else. */
const isRun = ({ created_by: line = "", empty_layer: empty }: History): boolean =>
  empty !== true &&
  (/^RUN\b/.test(line) || (/^(\/bin\/sh -c|\|\d+ )/.test(line) && !line.includes("#(nop)")));

const ranSteps = ({ history }: ContractInput): readonly string[] =>
  history.filter(isRun).map(({ created_by: line = "" }) => `it ran on the files of the old base: ${line}`);

function movedDirectories({ own, before, after }: ContractInput): readonly string[] {
  const paths = new Set(own.flatMap((layer) => layer.flatMap(({ path }) => parentsOf(path))));
  return [...paths].sort().flatMap((path) => {
    const was = before.directories.directory(path);
    if (was === undefined) return [];
    const link = after.directories.link(path);
    if (link !== undefined)
      return [`/${fromByteString(path)} is a link to ${fromByteString(link)} in the new base`];
    const is = after.directories.directory(path);
    if (is === undefined || is.every((value, index) => value === was[index])) return [];
    return [
      `/${fromByteString(path)} is ${describe(was)} in the old base and ${describe(is)} in the new one`,
    ];
  });
}

const describe = ([mode, uid, gid]: readonly [number, number, number]): string =>
  `${mode.toString(8)} ${uid}:${gid}`;

function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let at = parentPath(path); at !== ""; at = parentPath(at)) parents.push(at);
  return parents;
}

function renamedOwners({ own, user, before, after }: ContractInput): readonly string[] {
  const entries = own.flat();
  const uids = new Set(entries.map(({ uid }) => uid));
  const gids = new Set(entries.map(({ gid }) => gid));
  const users = changedNames(before.passwd, after.passwd).filter(({ id }) => uids.has(id));
  const groups = changedNames(before.group, after.group).filter(({ id }) => gids.has(id));
  return [
    ...users.map(({ name, id, now }) => `files belong to ${name} (${id}), who is ${now} in the new base`),
    ...groups.map(
      ({ name, id, now }) => `files belong to the group ${name} (${id}), which is ${now} in the new base`,
    ),
    ...lostUser(user, before.passwd, after.passwd),
  ];
}

/** Names of the old base that mean another id in the new one, or none. */
function changedNames(before: string, after: string) {
  const now = idsOf(after);
  return [...idsOf(before)].flatMap(([name, id]) =>
    id === 0 || now.get(name) === id ? [] : [{ name, id, now: String(now.get(name) ?? "not there") }],
  );
}

function lostUser(user: string | undefined, before: string, after: string): readonly string[] {
  const [name = ""] = (user ?? "").split(":");
  if (name === "" || /^\d+$/.test(name) || !idsOf(before).has(name) || idsOf(after).has(name)) return [];
  return [`it runs as ${name}, whom the new base does not know`];
}

/** passwd(5), group(5): the name and, in the third field, the number. */
const idsOf = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split("\n")
      .map((line) => line.split(":"))
      .flatMap(([name, , id]) =>
        name !== undefined && name !== "" && id !== undefined && /^\d+$/.test(id)
          ? [[name, Number(id)] as const]
          : [],
      ),
  );
