/** A package that comes from a registry, where it is put. Paths are relative to the root of the project. */
export interface InstalledPackage {
  /** `node_modules/a/node_modules/b` */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** Subresource Integrity. */
  readonly integrity: string;
  /** As the lockfile has it: a URL, or `file:` and a path; undefined where it leaves it to the registry. */
  readonly tarball: string | undefined;
  /** It is for some platforms only: `os`, `cpu` or `libc`. */
  readonly native: boolean;
  /** Runs scripts when it is installed; undefined where the lockfile does not say. */
  readonly scripts: boolean | undefined;
  /** Commands by their paths in the package; undefined where the lockfile does not say. */
  readonly bin: Readonly<Record<string, string>> | undefined;
  /** A patch to apply, relative to the root of the project. */
  readonly patch?: string;
}

/** A package of the workspace that is needed. */
export interface LocalPackage {
  /** `""` for the root. */
  readonly directory: string;
  /** Commands whose files are there. */
  readonly bin: Readonly<Record<string, string>>;
}

/** A symbolic link. */
export interface InstalledLink {
  readonly path: string;
  /** What it leads to, relative to the root of the project. */
  readonly to: string;
}

/** Whose commands are linked in a `.bin` directory. */
export interface BinDirectory {
  /** `node_modules/.bin` */
  readonly path: string;
  /** Directories of packages, as the commands are to find them; the first one to have a command gets it. */
  readonly packages: readonly string[];
}

/** What is installed for one package of a workspace on one platform. */
export interface Installation {
  readonly packages: readonly InstalledPackage[];
  readonly locals: readonly LocalPackage[];
  readonly links: readonly InstalledLink[];
  readonly bins: readonly BinDirectory[];
}

export const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
