import { type ErrorCode, TsdockError } from "tsdock/plugin";
import {
  type DataFile,
  isMembers,
  type Members,
  parseJson,
  placeOf,
  textList,
  textMembers,
  textOf,
} from "../project/data-file.ts";
import { binOf } from "../project/manifest.ts";

/** An entry of `packages`: by its path relative to the root, `""` for the root itself. */
export interface NpmEntry {
  readonly path: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly resolved: string | undefined;
  readonly integrity: string | undefined;
  /** A symbolic link to the entry that `resolved` names. */
  readonly link: boolean;
  readonly optional: boolean;
  readonly inBundle: boolean;
  readonly hasInstallScript: boolean;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly optionalPeers: ReadonlySet<string>;
  readonly os: readonly string[] | undefined;
  readonly cpu: readonly string[] | undefined;
  readonly libc: readonly string[] | undefined;
}

export interface NpmLock {
  readonly file: DataFile;
  readonly entries: ReadonlyMap<string, NpmEntry>;
}

export const lockProblem = (
  file: DataFile,
  code: ErrorCode,
  message: string,
  needle: string,
  hint = "let the package manager write its lockfile again",
): TsdockError => new TsdockError(code, message, { place: placeOf(file, needle), hint });

/** Reads package-lock.json of npm 7 and later (versions 2 and 3). Errors `NODE_LOCKFILE_INVALID`, `NODE_LOCKFILE_UNSUPPORTED`. */
export function readNpmLock(file: DataFile): NpmLock {
  const lock = parseJson(file, "NODE_LOCKFILE_INVALID");
  if (!isMembers(lock)) throw lockProblem(file, "NODE_LOCKFILE_INVALID", "the lockfile is not an object", "");
  const version = lock["lockfileVersion"];
  if (version !== 2 && version !== 3) {
    throw lockProblem(
      file,
      "NODE_LOCKFILE_UNSUPPORTED",
      `the lockfile's version is ${version === undefined ? "not given" : JSON.stringify(version)}; 2 and 3 are read`,
      '"lockfileVersion"',
      "write it with npm 7 or later: npm install --package-lock-only",
    );
  }
  const packages = lock["packages"];
  if (!isMembers(packages))
    throw lockProblem(file, "NODE_LOCKFILE_INVALID", "the lockfile has no packages", "");
  const entries = Object.entries(packages).map(([path, value]) => readEntry(file, path, value));
  return { file, entries: new Map(entries.map((entry) => [entry.path, entry])) };
}

/** A path of the tree: never out of the root. */
const isPath = (path: string): boolean =>
  path === "" ||
  (!/^[/\\]|\0/.test(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== ".."));

function readEntry(file: DataFile, path: string, value: unknown): NpmEntry {
  const quoted = JSON.stringify(path);
  if (!isMembers(value))
    throw lockProblem(file, "NODE_LOCKFILE_INVALID", `the entry ${quoted} is not an object`, `${quoted}:`);
  const outside = path.startsWith("../");
  if (!isPath(path)) {
    throw lockProblem(
      file,
      outside ? "NODE_LOCKFILE_UNSUPPORTED" : "NODE_LOCKFILE_INVALID",
      outside ? `${quoted} lies outside of the project` : `${quoted} is not a path within the project`,
      `${quoted}:`,
      outside ? "make it a package of the workspace" : undefined,
    );
  }
  return {
    path,
    name: textOf(value["name"]),
    version: textOf(value["version"]),
    resolved: textOf(value["resolved"]),
    integrity: textOf(value["integrity"]),
    link: value["link"] === true,
    optional: value["optional"] === true || value["devOptional"] === true,
    inBundle: value["inBundle"] === true,
    hasInstallScript: value["hasInstallScript"] === true,
    bin: binOf({
      name: value["name"] ?? path.slice(path.lastIndexOf("node_modules/") + 13),
      bin: value["bin"],
    }),
    ...dependenciesOf(value),
    os: textList(value["os"]),
    cpu: textList(value["cpu"]),
    libc: textList(value["libc"]),
  };
}

function dependenciesOf(
  value: Members,
): Pick<
  NpmEntry,
  "dependencies" | "devDependencies" | "optionalDependencies" | "peerDependencies" | "optionalPeers"
> {
  const meta = value["peerDependenciesMeta"];
  const optionalPeers = Object.entries(isMembers(meta) ? meta : {}).flatMap(([name, one]) =>
    isMembers(one) && one["optional"] === true ? [name] : [],
  );
  return {
    dependencies: textMembers(value["dependencies"]),
    devDependencies: textMembers(value["devDependencies"]),
    optionalDependencies: textMembers(value["optionalDependencies"]),
    peerDependencies: textMembers(value["peerDependencies"]),
    optionalPeers: new Set(optionalPeers),
  };
}
