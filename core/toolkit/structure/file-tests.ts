import type { ImageFile } from "../image-files.ts";
import type { ImageUnderTest } from "../image-under-test.ts";
import { environmentOf, expandVariables } from "./expand-variables.ts";
import type { FileContentTest, FileExistenceTest } from "./structure-file.ts";

const executableBits = { any: 0o111, owner: 0o100, group: 0o010, other: 0o001 } as const;

/** Everything that is wrong with one file. A link is looked at itself, as `docker cp` does. */
export async function fileExistence(
  image: ImageUnderTest,
  test: FileExistenceTest,
): Promise<readonly string[]> {
  const path = expandVariables(test.path, environmentOf(image.config.Env ?? []));
  const file = await image.lstat(absolute(path));
  if (test.shouldExist === false) return file === undefined ? [] : [`${path} should not be there, and is`];
  if (file === undefined) return [`${path} should be there, and is not`];
  const { permissions, isExecutableBy, uid, gid } = test;
  const errors: string[] = [];
  const actual = permissionText(file);
  if (typeof permissions === "string" && permissions !== "" && actual !== permissions)
    errors.push(`${path} has the permissions ${actual}, not ${permissions}`);
  if (typeof isExecutableBy === "string" && (file.mode & executableBits[isExecutableBy]) === 0)
    errors.push(`${path} cannot be executed by ${isExecutableBy}: its permissions are ${actual}`);
  // -1 is what the original has for "any".
  if (typeof uid === "number" && uid !== -1 && file.uid !== uid)
    errors.push(`${path} belongs to the user ${file.uid}, not ${uid}`);
  if (typeof gid === "number" && gid !== -1 && file.gid !== gid)
    errors.push(`${path} belongs to the group ${file.gid}, not ${gid}`);
  return errors;
}

/** Everything that is wrong with the content of one file. */
export async function fileContent(image: ImageUnderTest, test: FileContentTest): Promise<readonly string[]> {
  const file = await image.stat(absolute(test.path));
  if (file === undefined) return [`${test.path} is not there`];
  if (file.type !== "file") return [`${test.path} is a ${file.type}`];
  const content = await image.text(file.path);
  return [
    ...(test.expectedContents ?? []).flatMap((one) =>
      one.test(content) ? [] : [`${test.path} has nothing that matches ${one.source}`],
    ),
    ...(test.excludedContents ?? []).flatMap((one) =>
      one.test(content) ? [`${test.path} has something that matches ${one.source}`] : [],
    ),
  ];
}

const absolute = (path: string): string => (path.startsWith("/") ? path : `/${path}`);

const letters: Readonly<Record<ImageFile["type"], string>> = {
  file: "",
  directory: "d",
  symlink: "L",
  block: "D",
  character: "Dc",
  fifo: "p",
};

/** As Go's `FileMode.String` writes it: `-rw-r--r--`, `drwxr-xr-x`, `dtrwxrwxrwx`, `ugrwxr-xr-x`. */
export function permissionText({ type, mode }: Pick<ImageFile, "type" | "mode">): string {
  const special = `${(mode & 0o4000) === 0 ? "" : "u"}${(mode & 0o2000) === 0 ? "" : "g"}`;
  const [kind, rest] = [letters[type].slice(0, 1), letters[type].slice(1)];
  const first = `${kind}${special}${rest}${(mode & 0o1000) === 0 ? "" : "t"}`;
  const bits = Array.from("rwxrwxrwx", (letter, index) => ((mode & (0o400 >> index)) === 0 ? "-" : letter));
  return `${first === "" ? "-" : first}${bits.join("")}`;
}
