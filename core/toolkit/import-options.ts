import type { TsdockError } from "../errors/tsdock-error.ts";

export interface ImportOptions {
  /** The files to import, relative to the host's directory: a Dockerfile, or bake or compose files, the later before the earlier. */
  readonly files: readonly string[];
  /** The module to write; undefined: only its text is given. */
  readonly output: string | undefined;
  /** The directory that copies take files from; that of the file unless given. */
  readonly context: string | undefined;
  /** Of the image; that of the file or its directory unless given. */
  readonly name: string | undefined;
  readonly targets: readonly string[];
  readonly args: Readonly<Record<string, string>>;
  /** Variables of bake and compose files. */
  readonly variables: Readonly<Record<string, string>>;
  /** The configuration to write for names and tags of bake and compose files. */
  readonly config: string | undefined;
  readonly baseEnv: Readonly<Record<string, string>>;
  /** Before the names of params. */
  readonly paramPrefix: string;
  /** What cannot be expressed is marked in the module, and no failure. */
  readonly partial: boolean;
  /** A module that is there is replaced. */
  readonly force: boolean;
}

export interface ImportResult {
  readonly text: string;
  /** Absolute; undefined where nothing was written. */
  readonly file: string | undefined;
  /** Names of the constants that are exported. */
  readonly exports: readonly string[];
  /** What the module marks and does not do. */
  readonly problems: readonly TsdockError[];
  /** What no module says, of bake and compose files; its file where one was written. */
  readonly config: { readonly text: string; readonly file: string | undefined } | undefined;
}
