import { createHash } from "node:crypto";
import type { ModeText } from "../../declare/values.ts";
import { nearestNames } from "../../graph/nearest-names.ts";
import type { FileType, ImageFile } from "../../toolkit/image-files.ts";
import type { ImageUnderTest } from "../../toolkit/image-under-test.ts";
import type { Verdict } from "./verdict.ts";

/** What a file must be; what is left out may be anything. */
export interface FileExpectation {
  /** A file unless given; `symlink` looks at the link itself, everything else at what it leads to. */
  readonly type?: FileType;
  /** Permission bits in octal, as `chmod` takes them. */
  readonly mode?: ModeText;
  /** `user[:group]` by name or number; names are looked up in the image. */
  readonly owner?: string;
  /** All of it, or a pattern that it must match somewhere. */
  readonly content?: string | Uint8Array | RegExp;
  /** SHA-256 of the content, 64 hexadecimal digits. */
  readonly sha256?: string;
  /** Bytes. */
  readonly size?: number;
  /** What a symbolic link says; looks at the link itself. */
  readonly target?: string;
}

/** Whether a file is there and as it should be. */
export async function haveFile(
  image: ImageUnderTest,
  path: string,
  expected: FileExpectation = {},
): Promise<Verdict> {
  const isLink =
    expected.type === "symlink" || (expected.type === undefined && expected.target !== undefined);
  const type = expected.type ?? (isLink ? "symlink" : "file");
  const what = `to have the ${type} ${path}`;
  const file = await (isLink ? image.lstat(path) : image.stat(path));
  if (file === undefined) return { pass: false, what, reason: await whyMissing(image, path) };
  if (file.type !== type) return { pass: false, what, reason: `it is a ${file.type}` };
  const differing = (await compare(image, file, expected)).filter(({ pass }) => !pass);
  return {
    pass: differing.length === 0,
    what: Object.keys(expected).length === 0 ? what : `${what} as described`,
    reason: differing.map(({ reason }) => reason).join("; "),
    compared: {
      actual: Object.fromEntries(differing.map(({ name, actual }) => [name, actual])),
      expected: Object.fromEntries(differing.map((one) => [one.name, one.expected])),
    },
  };
}

/** Whether nothing is there. A link that leads nowhere is something. */
export async function haveNoFile(image: ImageUnderTest, path: string | RegExp): Promise<Verdict> {
  const what = `to have no file ${typeof path === "string" ? path : `that matches ${String(path)}`}`;
  if (typeof path === "string") {
    const file = await image.lstat(path);
    return { pass: file === undefined, what, reason: file === undefined ? "" : `there is a ${file.type}` };
  }
  const found: string[] = [];
  for await (const file of image.files()) if (path.test(file.path)) found.push(file.path);
  // A pattern with the flag g or y goes on where it stopped.
  path.lastIndex = 0;
  const shown =
    found.length > mostShown
      ? `${found.slice(0, mostShown).join(", ")} and ${found.length - mostShown} more`
      : found.join(", ");
  return { pass: found.length === 0, what, reason: `there ${found.length === 1 ? "is" : "are"} ${shown}` };
}

const mostShown = 10;

interface Compared {
  readonly name: keyof FileExpectation;
  readonly pass: boolean;
  readonly reason: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

async function compare(
  image: ImageUnderTest,
  file: ImageFile,
  expected: FileExpectation,
): Promise<readonly Compared[]> {
  const results: Compared[] = [];
  const plain = (name: keyof FileExpectation, actual: unknown, wanted: unknown): void => {
    const pass = actual === wanted;
    results.push({
      name,
      pass,
      actual,
      expected: wanted,
      reason: `its ${name} is ${String(actual)}, not ${String(wanted)}`,
    });
  };
  if (expected.mode !== undefined) plain("mode", octal(file.mode), octal(parseInt(expected.mode, 8)));
  if (expected.owner !== undefined) await compareOwner(image, file, expected.owner, plain);
  if (expected.size !== undefined) plain("size", file.size, expected.size);
  if (expected.target !== undefined) plain("target", file.target, expected.target);
  if (expected.sha256 !== undefined)
    plain("sha256", await digestOf(image, file), expected.sha256.toLowerCase());
  if (expected.content !== undefined) results.push(await compareContent(image, file, expected.content));
  return results;
}

/** A group counts only where one is named. */
async function compareOwner(
  image: ImageUnderTest,
  { uid, gid }: ImageFile,
  owner: string,
  plain: (name: "owner", actual: unknown, wanted: unknown) => void,
): Promise<void> {
  const wanted = await image.owner(owner);
  if (owner.includes(":")) plain("owner", `${uid}:${gid}`, `${wanted.uid}:${wanted.gid}`);
  else plain("owner", String(uid), String(wanted.uid));
}

async function compareContent(
  image: ImageUnderTest,
  file: ImageFile,
  expected: string | Uint8Array | RegExp,
): Promise<Compared> {
  const bytes = await image.read(file.path);
  if (expected instanceof RegExp) {
    const actual = bytes.toString("utf8");
    const pass = new RegExp(expected.source, expected.flags.replace(/[gy]/g, "")).test(actual);
    return {
      name: "content",
      pass,
      actual,
      expected,
      reason: `its content does not match ${String(expected)}`,
    };
  }
  const wanted = Buffer.from(expected);
  const isText = typeof expected === "string";
  return {
    name: "content",
    pass: bytes.equals(wanted),
    reason: "its content differs",
    actual: isText ? bytes.toString("utf8") : bytes.toString("hex"),
    expected: isText ? expected : wanted.toString("hex"),
  };
}

async function digestOf(image: ImageUnderTest, { path }: ImageFile): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of await image.stream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

const octal = (mode: number): string => mode.toString(8).padStart(3, "0");

/** What is nearest to a path that is not there. */
async function whyMissing(image: ImageUnderTest, path: string): Promise<string> {
  const link = await image.lstat(path);
  if (link?.type === "symlink") return `it is a link to ${link.target ?? ""}, which is not there`;
  const parts = path.split("/").filter((part) => part !== "");
  const name = parts.pop() ?? "";
  for (let present = parts; ; present = present.slice(0, -1)) {
    const directory = `/${present.join("/")}`;
    const names = await image.list(directory);
    if (names === undefined && present.length > 0) continue;
    const missing = present.length === parts.length ? name : (parts[present.length] ?? name);
    const near = nearestNames(missing, names ?? []).map(
      (one) => `${directory === "/" ? "" : directory}/${one}`,
    );
    if (near.length > 0) return `it is not there; did you mean ${near.join(" or ")}?`;
    return `it is not there; ${directory} has ${listed(names ?? [])}`;
  }
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "nothing in it";
  const more = names.length - mostShown;
  return more > 0 ? `${names.slice(0, mostShown).join(", ")} and ${more} more` : names.join(", ");
}
