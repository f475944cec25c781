import type { ProjectContext } from "./project-context.ts";
import { TsdockError } from "tsdock/plugin";
import type { DataFile } from "./data-file.ts";
import { join, readText } from "./manifest.ts";
import { workspacePackages } from "./workspace-packages.ts";

export type LockfileKind = "npm" | "pnpm" | "yarn";

/** A project: the directory that has the lockfile, and the package that is wanted. */
export interface Project {
  /** Relative to the workspace; `""` for itself. */
  readonly root: string;
  /** Relative to the root; `""` for itself. */
  readonly directory: string;
  readonly lockfile: DataFile & { readonly kind: LockfileKind };
}

/** In the order in which they are looked for: npm takes a shrinkwrap before a package-lock. */
const lockfiles: readonly (readonly [name: string, kind: LockfileKind])[] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["npm-shrinkwrap.json", "npm"],
  ["package-lock.json", "npm"],
];

export const lockfileNames: readonly string[] = lockfiles.map(([name]) => name);

function lockfileIn(context: ProjectContext, directory: string): Project["lockfile"] | undefined {
  const found = lockfiles.flatMap(([name, kind]) => {
    const file = readText(context, join(directory, name));
    return file === undefined ? [] : [{ ...file, kind }];
  });
  const [first] = found;
  if (first === undefined || found.every(({ kind }) => kind === first.kind)) return first;
  throw new TsdockError(
    "NODE_LOCKFILE_INVALID",
    `lockfiles of several package managers lie side by side: ${found.map(({ path }) => path).join(", ")}`,
    { hint: "keep the one of the package manager that the project uses" },
  );
}

const parents = (directory: string): string[] =>
  directory === "" ? [""] : [directory, ...parents(directory.split("/").slice(0, -1).join("/"))];

/**
 * Finds a package by its directory (`packages/api`, `.`) or its name. The lockfile is the nearest one above it; for a
 * name, that of the workspace. Errors `NODE_PACKAGE_UNKNOWN`, `NODE_LOCKFILE_MISSING`, `NODE_LOCKFILE_INVALID`.
 */
export function findProject(context: ProjectContext, wanted: string): Project {
  const directory = directoryOf(wanted);
  if (directory !== undefined) {
    if (context.files.read(join(directory, "package.json")) === undefined)
      throw noDirectory(wanted, context.files.read(join(directory, "project.json")) !== undefined);
    for (const root of parents(directory)) {
      const lockfile = lockfileIn(context, root);
      if (lockfile !== undefined)
        return { root, directory: root === "" ? directory : directory.slice(root.length + 1), lockfile };
    }
    throw missing(wanted);
  }
  const lockfile = lockfileIn(context, "");
  if (lockfile === undefined) throw missing(wanted);
  const packages = workspacePackages(context, "");
  const named = packages.filter(({ manifest }) => manifest.name === wanted);
  const [only] = named;
  if (only === undefined || named.length > 1) throw unknown(wanted, packages, named.length);
  return { root: "", directory: only.directory, lockfile };
}

/** The directory that a text names; undefined for the name of a package. Told by the text alone: `./api` is a directory, `api` is not. */
export function directoryOf(wanted: string): string | undefined {
  if (wanted === "." || wanted === "./") return "";
  const named = wanted.startsWith("@") || !wanted.includes("/");
  return named ? undefined : wanted.replace(/^\.\//, "").replace(/\/+$/, "");
}

const noDirectory = (wanted: string, isNx: boolean): TsdockError =>
  new TsdockError("NODE_PACKAGE_UNKNOWN", `there is no package.json in ${wanted}`, {
    hint: isNx
      ? 'a project of Nx without one has the packages of the root: nodeApp({ package: ".", entry: "dist/…", build: "SCRIPT" }), where SCRIPT of the root builds it'
      : "write the directory relative to the configuration, or the name of the package",
  });

function unknown(wanted: string, packages: ReturnType<typeof workspacePackages>, count: number): TsdockError {
  const names = packages.flatMap(({ manifest }) => manifest.name ?? []).sort();
  return new TsdockError(
    "NODE_PACKAGE_UNKNOWN",
    count > 1
      ? `${count} packages of the workspace are named ${wanted}`
      : `no package of the workspace is named ${wanted}`,
    {
      hint: 'name a package, or its directory relative to the configuration: nodeApp({ package: "./packages/api" })',
      ...(names.length === 0 ? {} : { details: `packages: ${names.join(", ")}` }),
    },
  );
}

const missing = (wanted: string): TsdockError =>
  new TsdockError(
    "NODE_LOCKFILE_MISSING",
    `no package-lock.json, pnpm-lock.yaml or yarn.lock is in the directory of ${wanted} or above it`,
    { hint: "let the package manager write one, and commit it" },
  );
