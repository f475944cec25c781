import type { DataFile } from "../project/data-file.ts";
import type { Constraints } from "../install/target.ts";

/** A package as a lockfile of yarn has it. */
export interface YarnPackage {
  /** Tells it apart from all others. */
  readonly key: string;
  readonly name: string;
  readonly version: string;
  /** Undefined where the lockfile proves something else than the archive, or nothing. */
  readonly integrity: string | undefined;
  readonly tarball: string | undefined;
  readonly bin: Readonly<Record<string, string>> | undefined;
  /** What it is for; undefined where the lockfile does not say. */
  readonly suits: ((target: Required<Constraints>) => boolean) | undefined;
  readonly native: boolean;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly peers: readonly string[];
  /** Relative to the root of the project. */
  readonly patch: string | undefined;
}

export interface YarnLock {
  readonly file: DataFile;
  readonly kind: "classic" | "berry";
  /** What a dependency stands for: a package, a directory of the project, or undefined where the lockfile has no entry. */
  find(dependency: {
    readonly alias: string;
    readonly range: string;
    readonly parent: string;
  }): { readonly found: YarnPackage } | { readonly directory: string } | undefined;
}
