import type { TsdockError } from "../errors/tsdock-error.ts";
import type { Json } from "../util/json.ts";

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
  /** Where the file is one of several for one module. */
  readonly surroundings?: ImportSurroundings;
}

/** What a file that declares builds says of the file that one of them is made with. */
export interface ImportSurroundings {
  /** Constants that the module has already. */
  readonly declared: readonly ModuleStatement[];
  /** Names that constants of other files have or will have. */
  readonly reserved: readonly string[];
  /** ARGs whose params have the image's name before theirs: other files give them other defaults. */
  readonly ownParams: ReadonlySet<string>;
  /** What names of images and stages mean instead, as expressions. Names as people write them: without `docker.io/library/` and `:latest`. */
  readonly contexts: ReadonlyMap<string, string>;
  /** Of RUN steps that do not say. */
  readonly network: "none" | "host" | undefined;
  /** The images of the file; stages that none of them needs are left out. */
  readonly images: readonly StageImage[];
}

export interface StageImage {
  readonly name: string;
  /** The constant that it becomes. */
  readonly constant: string;
  /** The last one unless given. */
  readonly stage: string | undefined;
  readonly comments: readonly string[];
  /** Methods before `from`, and after everything. */
  readonly before: readonly MethodCall[];
  readonly after: readonly MethodCall[];
}

export interface MethodCall {
  readonly name: string;
  readonly args: readonly Json[];
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

/** Files that declare builds. */
export interface BuildsRequest {
  /** Later ones come before earlier ones. */
  readonly files: readonly { readonly file: string; readonly text: string }[];
  /** A file by its path, relative to the first one's directory; undefined where there is none. Error `FILE_UNREADABLE`. */
  readonly read: (path: string) => { readonly file: string; readonly text: string } | undefined;
  /** What `image({ context })` takes for a directory, relative as above; undefined where it is the package of the module. */
  readonly context: (directory: string) => string | undefined;
  /** The files that images of a directory copy from. */
  readonly contextFiles: (directory: string) => ImportFiles;
  /** Values of variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Values of ARGs, before those in the files. */
  readonly args: Readonly<Record<string, string>>;
  readonly baseEnv: Readonly<Record<string, string>>;
  /** Targets and groups to import; all unless given. */
  readonly targets: readonly string[];
  readonly platform: string;
}

export interface ImportedBuilds {
  readonly module: ImportedModule;
  /** The text of a configuration for what no module says; undefined where that is nothing. */
  readonly config: string | undefined;
}

/** Reads files that declare builds for another tool and gives them as a module and a configuration. */
export interface BuildsImporter {
  readonly name: string;
  /** Errors `IMPORT_INVALID`. Nothing is run. */
  read(request: BuildsRequest): ImportedBuilds;
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
