import { TsdockError } from "tsdock/plugin";
import {
  type DataFile,
  isMembers,
  type Members,
  parseYamlDocuments,
  placeOf,
  textList,
  textMembers,
  textOf,
} from "../project/data-file.ts";
import { lockProblem } from "./npm-lock.ts";

/** A dependency of an importer: by the name that it is imported as. */
export interface PnpmDependency {
  readonly specifier: string | undefined;
  /** `1.0.0(react@18.0.0)`, `name@1.0.0`, `link:../lib`. */
  readonly version: string;
}

export interface PnpmImporter {
  readonly dependencies: Readonly<Record<string, PnpmDependency>>;
  readonly devDependencies: Readonly<Record<string, PnpmDependency>>;
  readonly optionalDependencies: Readonly<Record<string, PnpmDependency>>;
}

/** A package together with the packages that it has for its peers. */
export interface PnpmSnapshot {
  /** `react-dom@18.3.1(react@18.3.1)`, without the `/` of older lockfiles. */
  readonly key: string;
  readonly name: string;
  readonly version: string;
  readonly integrity: string | undefined;
  readonly tarball: string | undefined;
  /** Of the resolution where it is not an archive: `directory`, `git`. */
  readonly kind: string | undefined;
  readonly optional: boolean;
  readonly hasBin: boolean;
  /** False where the lockfile rules it out; else its package.json has to be asked. */
  readonly requiresBuild: false | undefined;
  readonly patched: boolean;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly os: readonly string[] | undefined;
  readonly cpu: readonly string[] | undefined;
  readonly libc: readonly string[] | undefined;
}

export interface PnpmLock {
  readonly file: DataFile;
  readonly importers: ReadonlyMap<string, PnpmImporter>;
  readonly snapshots: ReadonlyMap<string, PnpmSnapshot>;
  /** Patches by what they are for: `is-odd@3.0.1`, `is-odd`. The path is undefined where the lockfile does not say. */
  readonly patches: ReadonlyMap<string, string | undefined>;
  readonly overrides: Readonly<Record<string, string>>;
}

const members = (value: unknown): Members => (isMembers(value) ? value : {});

/** Reads pnpm-lock.yaml of pnpm 8 (6.0) and later (9.0). Errors `NODE_LOCKFILE_INVALID`, `NODE_LOCKFILE_UNSUPPORTED`. */
export function readPnpmLock(file: DataFile): PnpmLock {
  const documents = parseYamlDocuments(file, "NODE_LOCKFILE_INVALID").filter(isMembers);
  // Newer versions write what pnpm itself is made of as a document of its own, before the project's.
  const lock = documents.at(-1);
  if (lock === undefined)
    throw lockProblem(file, "NODE_LOCKFILE_INVALID", "the lockfile holds nothing that can be read", "");
  const version = String(lock["lockfileVersion"]);
  const major = /^(6|9)\.\d+$/.exec(version)?.[1];
  if (major === undefined) {
    throw lockProblem(
      file,
      "NODE_LOCKFILE_UNSUPPORTED",
      `the lockfile's version is ${version}; 6.0 and 9.0 are read`,
      "lockfileVersion",
      "write it with pnpm 8 or later: pnpm install --lockfile-only",
    );
  }
  return {
    file,
    importers: readImporters(file, lock),
    snapshots: readSnapshots(file, lock),
    patches: readPatches(lock["patchedDependencies"]),
    overrides: textMembers(lock["overrides"]),
  };
}

function readImporters(file: DataFile, lock: Members): ReadonlyMap<string, PnpmImporter> {
  // a project that is no workspace has its own dependencies at the top
  const importers = isMembers(lock["importers"]) ? lock["importers"] : { ".": lock };
  return new Map(
    Object.entries(importers).map(([directory, value]) => {
      if (!isMembers(value))
        throw lockProblem(
          file,
          "NODE_LOCKFILE_INVALID",
          `the importer ${directory} is not an object`,
          directory,
        );
      const read = (field: string): PnpmImporter["dependencies"] =>
        Object.fromEntries(
          Object.entries(members(value[field])).map(([name, one]) => [name, readDependency(file, name, one)]),
        );
      return [
        directory === "." ? "" : directory,
        {
          dependencies: read("dependencies"),
          devDependencies: read("devDependencies"),
          optionalDependencies: read("optionalDependencies"),
        },
      ];
    }),
  );
}

function readDependency(file: DataFile, name: string, value: unknown): PnpmDependency {
  const version = isMembers(value) ? textOf(value["version"]) : textOf(value);
  if (version === undefined)
    throw lockProblem(file, "NODE_LOCKFILE_INVALID", `the dependency ${name} has no version`, name);
  return { specifier: isMembers(value) ? textOf(value["specifier"]) : undefined, version };
}

const withoutPeers = (key: string): string => key.replace(/\(.*$/s, "");

function readSnapshots(file: DataFile, lock: Members): ReadonlyMap<string, PnpmSnapshot> {
  const packages = members(lock["packages"]);
  const snapshots = isMembers(lock["snapshots"]) ? lock["snapshots"] : packages;
  return new Map(
    Object.entries(snapshots).map(([raw, value]) => {
      const described = packages[withoutPeers(raw)] ?? packages[raw];
      if (!isMembers(value) || !isMembers(described)) {
        const message = `the package ${raw} has no entry under packages`;
        throw lockProblem(file, "NODE_LOCKFILE_INVALID", message, raw);
      }
      const key = raw.replace(/^\//, "");
      return [key, readSnapshot(file, key, value, described)];
    }),
  );
}

function readSnapshot(file: DataFile, key: string, value: Members, described: Members): PnpmSnapshot {
  const plain = withoutPeers(key);
  const at = plain.lastIndexOf("@");
  const name = textOf(described["name"]) ?? plain.slice(0, Math.max(0, at));
  const version = textOf(described["version"]) ?? plain.slice(at + 1);
  if (!isPackageName(name)) {
    throw new TsdockError(
      "NODE_LOCKFILE_INVALID",
      `${JSON.stringify(key)} does not begin with the name of a package`,
      {
        place: placeOf(file, key),
        hint: "let the package manager write its lockfile again",
      },
    );
  }
  const resolution = members(described["resolution"]);
  // Since 9.0 lockfiles do not say it; older ones also say it of what was never fetched.
  const builds = value !== described || described["requiresBuild"] === true;
  return {
    key,
    name,
    version,
    integrity: textOf(resolution["integrity"]),
    tarball: textOf(resolution["tarball"]),
    kind: textOf(resolution["type"]),
    optional: value["optional"] === true,
    hasBin: described["hasBin"] === true,
    requiresBuild: builds ? undefined : false,
    patched: key.includes("(patch_hash="),
    dependencies: textMembers(value["dependencies"]),
    optionalDependencies: textMembers(value["optionalDependencies"]),
    os: textList(described["os"]),
    cpu: textList(described["cpu"]),
    libc: textList(described["libc"]),
  };
}

/** Names become paths: nothing that leaves its directory. */
export const isPackageName = (name: string): boolean =>
  /^(?:@[^/\\@\0]+\/)?[^/\\@\0]+$/.test(name) &&
  !name.split("/").some((part) => part === "." || part === "..");

function readPatches(value: unknown): ReadonlyMap<string, string | undefined> {
  return new Map(
    Object.entries(members(value)).map(([target, one]) => [
      target,
      isMembers(one) ? textOf(one["path"]) : undefined,
    ]),
  );
}
