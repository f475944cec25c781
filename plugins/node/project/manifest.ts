import type { ProjectContext } from "./project-context.ts";
import path from "node:path";
import { TsdockError } from "tsdock/plugin";
import {
  type DataFile,
  isMembers,
  type Members,
  parseJson,
  textList,
  textMembers,
  textOf,
} from "./data-file.ts";

/** The part of a package.json that counts here. */
export interface Manifest {
  readonly file: DataFile;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly main: string | undefined;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  /** What `files` lists; undefined where it is absent. */
  readonly files: readonly string[] | undefined;
  /** Commands with their paths in the package. */
  readonly bin: Readonly<Record<string, string>>;
  readonly raw: Members;
}

/** `bin` as npm reads it: one path goes by the package's name without its scope. */
export function binOf(raw: Members): Readonly<Record<string, string>> {
  const name = textOf(raw["name"]);
  const { bin } = raw;
  const entries =
    typeof bin === "string"
      ? name === undefined
        ? []
        : [[name, bin] as const]
      : Object.entries(textMembers(bin));
  return Object.fromEntries(
    entries.flatMap(([command, file]) => {
      const plain = command.replace(/^@[^/]*\//, "");
      const target = path.posix.normalize(`/${file}`).slice(1);
      return plain === "" || /[/\\\0]/.test(plain) || plain === "." || plain === ".." || target === ""
        ? []
        : [[plain, target]];
    }),
  );
}

export function parseManifest(file: DataFile): Manifest {
  const raw = parseJson(file, "NODE_MANIFEST_INVALID");
  if (!isMembers(raw)) {
    throw new TsdockError("NODE_MANIFEST_INVALID", "a package.json must be an object", {
      place: { file: file.path, line: 1, column: 1 },
    });
  }
  return {
    file,
    name: textOf(raw["name"]),
    version: textOf(raw["version"]),
    main: textOf(raw["main"]),
    dependencies: textMembers(raw["dependencies"]),
    devDependencies: textMembers(raw["devDependencies"]),
    optionalDependencies: textMembers(raw["optionalDependencies"]),
    peerDependencies: textMembers(raw["peerDependencies"]),
    scripts: textMembers(raw["scripts"]),
    files: textList(raw["files"]),
    bin: binOf(raw),
    raw,
  };
}

type Reader = Pick<ProjectContext, "files" | "workspace">;

export const join = (directory: string, name: string): string =>
  directory === "" ? name : `${directory}/${name}`;

/** A text file of the workspace; undefined where there is none. */
export function readText({ files, workspace }: Reader, at: string): DataFile | undefined {
  const bytes = files.read(at);
  return bytes === undefined
    ? undefined
    : { path: path.join(workspace, at), text: Buffer.from(bytes).toString("utf8") };
}

/** The package.json of a directory of the workspace; undefined where there is none. Error `NODE_MANIFEST_INVALID`. */
export function readManifest(reader: Reader, directory: string): Manifest | undefined {
  const file = readText(reader, join(directory, "package.json"));
  return file === undefined ? undefined : parseManifest(file);
}
