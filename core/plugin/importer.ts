import type { TsdockError } from "../errors/tsdock-error.ts";

/** A file that somebody declared images in, in another language. */
export interface ImportRequest {
  /** Absolute: for places in messages. */
  readonly file: string;
  readonly text: string;
  /** Of the image that the file is for. */
  readonly name: string;
  /** The files that it copies from. */
  readonly files: ImportFiles;
  /** What `image({ context })` takes in the module; undefined where the package is the context anyway. */
  readonly context: string | undefined;
  /** Further parts of the file that become images, by their names there. */
  readonly targets: readonly string[];
  /** Values of arguments that count as if the file had them as defaults. */
  readonly args: Readonly<Record<string, string>>;
  /** Before the names of params: files that have arguments of one name and other defaults live in one workspace. */
  readonly paramPrefix: string;
  /** Variables that base images set. */
  readonly baseEnv: Readonly<Record<string, string>>;
  /** The platform that builds: `linux/amd64`. */
  readonly platform: string;
}

/** The context of the images, as they are when they are imported. `.dockerignore` counts. */
export interface ImportFiles {
  /** What a path or pattern of a copy stands for, with everything below; empty where there is nothing. */
  find(pattern: string): readonly ImportedFile[];
  /** The first bytes of a file. */
  head(path: string): Uint8Array;
}

export interface ImportedFile {
  /** Relative to the context, `/` between parts. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** Permission bits on disk. */
  readonly mode: number;
  /** Whether the pattern itself stands for it, not for a directory that holds it. */
  readonly named: boolean;
}

/** A module of declarations before it is written. */
export interface ImportedModule {
  /** Lines of the comment that it begins with. */
  readonly header: readonly string[];
  readonly imports: readonly ModuleImport[];
  readonly statements: readonly ModuleStatement[];
  /** Lines of the comment that it ends with. */
  readonly footer: readonly string[];
  /** What it does not express. Each is marked by a comment at its place. */
  readonly problems: readonly TsdockError[];
}

export interface ModuleImport {
  readonly from: string;
  readonly names: readonly string[];
  readonly types: readonly string[];
}

/** `[export] const name = initializer;` with comments before it. */
export interface ModuleStatement {
  readonly comments: readonly string[];
  readonly exported: boolean;
  readonly name: string;
  /** An expression, laid out. */
  readonly initializer: string;
}

/** Reads what was written for another builder and gives it as a module of declarations. */
export interface Importer {
  /** `dockerfile`. */
  readonly name: string;
  /** Errors `IMPORT_INVALID`: the file is not what it should be. Nothing is run, nothing but `files` is read. */
  read(request: ImportRequest): ImportedModule;
}

/** A line as a comment. What TypeScript takes for the end of a line would make the rest of it code. */
export const lineComment = (line: string): string => {
  const text = line.replace(/[\n\r\u2028\u2029]+/g, " ").trimEnd();
  return text === "" ? "//" : `// ${text}`;
};
