import type { EnvironmentExtension } from "../declare/instruction.ts";
import type { Site } from "../declare/site.ts";
import type { Healthcheck } from "../oci/spec/image-config.ts";
import type { Json } from "../util/json.ts";

/** `user[:group]`, by name or number, as written; names are looked up in the image's own passwd and group files. */
export type Ownership = string;

/** Octal permission bits, set for files and directories alike, as `chmod 755` sets them. */
export type Mode = number;

/** Text, or bytes in base64. */
export type Content = { readonly text: string } | { readonly base64: string };

/** The sources of file trees that images begin with. */
export type SourceOperation =
  | {
      readonly type: "source";
      readonly kind: "registry";
      /** As written by the author: `busybox`, `ghcr.io/acme/base:1`, `alpine@sha256:…`. */
      readonly reference: string;
    }
  | {
      readonly type: "source";
      readonly kind: "layout";
      /** Absolute directory of an OCI image layout. */
      readonly directory: string;
      readonly tag?: string;
    }
  | {
      readonly type: "source";
      readonly kind: "archive" /** Absolute path of a `docker save` tar. */;
      readonly file: string;
    }
  | { readonly type: "source"; readonly kind: "plugin"; readonly plugin: string; readonly spec: Json }
  | {
      readonly type: "source";
      readonly kind: "git";
      readonly repository: string;
      readonly ref: string;
      readonly subdirectory?: string;
    };

/** Where a copy takes files from. */
export type CopySource =
  /** A directory of this machine: an image's context. */
  | { readonly type: "context" /** Absolute. */; readonly directory: string }
  /** The file tree of another vertex: index into the vertex's inputs. */
  | { readonly type: "input"; readonly input: number };

export type FileAction =
  | {
      readonly type: "copy";
      readonly source: CopySource;
      /** Patterns or paths as written, relative to the source's root. */
      readonly include: readonly string[];
      readonly exclude: readonly string[];
      /** As written; relative ones are taken from the working directory. A trailing `/` means: into this directory. */
      readonly destination: string;
      readonly parents: boolean;
      readonly chown?: Ownership;
      readonly chmod?: Mode;
    }
  | {
      readonly type: "download";
      readonly url: string;
      readonly checksum: `sha256:${string}`;
      readonly destination: string;
      readonly chown?: Ownership;
      readonly chmod?: Mode;
    }
  | {
      /** Unpacks a tar archive (plain or compressed) of the context. */
      readonly type: "extract";
      readonly source: CopySource;
      readonly path: string;
      readonly destination: string;
      readonly chown?: Ownership;
      readonly chmod?: Mode;
    }
  | {
      readonly type: "write";
      readonly path: string;
      readonly content: Content;
      readonly chown?: Ownership;
      readonly chmod?: Mode;
    }
  | { readonly type: "symlink"; readonly path: string; readonly target: string; readonly chown?: Ownership }
  | {
      readonly type: "directory";
      readonly path: string;
      readonly chown?: Ownership;
      readonly chmod?: Mode;
      /** What `WORKDIR` does: an existing directory is left as it is, and then there is no layer. */
      readonly unlessPresent?: boolean;
    }
  | { readonly type: "remove"; readonly path: string };

/** One instruction that changes files without running anything. Inputs: the base's tree first (none: scratch), then copy sources. */
export interface FileOperation {
  readonly type: "file";
  readonly action: FileAction;
  /** Index of the tree that the layer lies on; undefined where it lies on nothing. */
  readonly base?: number;
  /** The layer never looks at the base: its parent directories are 755, 0:0. */
  readonly link: boolean;
  /** Instructions since the base that settle a relative path: `workdir` only; none where the path is absolute. */
  readonly config: readonly ConfigInstruction[];
}

export type ExecMount =
  | {
      readonly type: "cache";
      readonly target: string;
      readonly id: string;
      readonly sharing: "shared" | "private" | "locked";
      readonly readonly: boolean;
      /** What an empty cache begins with: index into the vertex's inputs. */
      readonly from?: number;
      readonly source?: string;
      readonly mode?: Mode;
      readonly uid?: number;
      readonly gid?: number;
    }
  | {
      readonly type: "secret";
      readonly id: string;
      /** A file at this path, or an environment variable, or both. */
      readonly target?: string;
      readonly env?: string;
      readonly required: boolean;
      readonly mode?: Mode;
      readonly uid?: number;
      readonly gid?: number;
    }
  | {
      readonly type: "ssh";
      readonly id: string;
      readonly target?: string;
      readonly required: boolean;
      readonly mode?: Mode;
      readonly uid?: number;
      readonly gid?: number;
    }
  | {
      readonly type: "bind";
      readonly target: string;
      readonly source: CopySource;
      /** Path within the source; `/` unless given. */
      readonly path: string;
      /** Writes are allowed and thrown away. */
      readonly readonly: boolean;
    }
  | { readonly type: "tmpfs"; readonly target: string /** Bytes. */; readonly size?: number }
  /** A file with contents from code, there only while the command runs. Its content is part of the key. */
  | { readonly type: "file"; readonly target: string; readonly content: Content; readonly mode: Mode };

/** A command that runs in the tree of its base. Inputs: the base's tree first, then those that mounts name. */
export interface ExecOperation {
  readonly type: "exec";
  /** A string runs in the image's shell; an array is executed as it is. */
  readonly command: string | readonly string[];
  readonly base?: number;
  readonly mounts: readonly ExecMount[];
  /** `default` is the host's network. */
  readonly network: "default" | "host" | "none";
  /** Of this instruction alone. */
  readonly user?: string;
  readonly workdir?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Instructions since the base: the environment, user, working directory and shell that hold here. */
  readonly config: readonly ConfigInstruction[];
}

/** The trees of all inputs, later ones on top. */
export interface MergeOperation {
  readonly type: "merge";
}
/** What the second input has that the first has not; what is gone becomes a whiteout. */
export interface DiffOperation {
  readonly type: "diff";
}

export type Operation = SourceOperation | FileOperation | ExecOperation | MergeOperation | DiffOperation;

/** Changes of an image's configuration, in the order written. They make no layer. */
export type ConfigInstruction =
  | { readonly type: "env"; readonly values: Readonly<Record<string, string>> }
  | {
      readonly type: "env-extend";
      /** Gets the environment so far and gives the variables to set. */
      readonly extend: EnvironmentExtension;
      /** Tells apart functions in a vertex's identity: the same value for the same function object. */
      readonly identity: string;
      /** Where it was declared. Outside every identity. */
      readonly site?: Site;
    }
  | { readonly type: "workdir"; readonly path: string }
  | { readonly type: "user"; readonly user: string }
  | { readonly type: "shell"; readonly shell: readonly string[] }
  | { readonly type: "label"; readonly labels: Readonly<Record<string, string>> }
  | { readonly type: "expose" /** `80/tcp` */; readonly ports: readonly string[] }
  | { readonly type: "volume"; readonly paths: readonly string[] }
  | {
      readonly type: "entrypoint";
      /** A string is run by the image's shell; null is none. */
      readonly argv: string | readonly string[] | null;
      /** A CMD was given on the same base before: it stays. One that comes from the base goes. */
      readonly keepsCmd?: boolean;
    }
  | { readonly type: "cmd"; readonly argv: string | readonly string[] | null }
  | { readonly type: "stop-signal"; readonly signal: string }
  | { readonly type: "healthcheck"; readonly healthcheck: Healthcheck }
  | { readonly type: "on-build"; readonly triggers: readonly string[] };
