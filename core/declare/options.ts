import type { Files } from "./files.ts";
import type { Mount } from "./mount.ts";
import type { Duration, ModeText, Owner, PlatformText, TextValue } from "./values.ts";

export interface ImageOptions {
  /**
   * The directory that `copy`, `add` and bind mounts take files from: relative to the file that calls `image()`, absolute, or a
   * `file:` URL. Unless given: the package of that file (nearest package.json).
   */
  readonly context?: string | URL;
  /** `false`: no annotations but those that are declared and those of the base. */
  readonly annotations?: boolean;
}

export interface FromOptions {
  /** The base's platform where it is not the target's: a builder that cross-compiles. What is built on it has this platform. */
  readonly platform?: PlatformText;
}

export interface FileOptions {
  /** `user[:group]`; `0:0` unless given. Names are looked up in the image. */
  readonly chown?: Owner;
  readonly chmod?: ModeText;
}

export interface LinkOptions {
  /** The layer never looks at the base: parent directories are 755 and 0:0, and a new base leaves the layer as it is. */
  readonly link?: boolean;
}

export interface CopyOptions extends FileOptions, LinkOptions {
  /** An image of this workspace, a reference, or another file tree; the context unless given. */
  readonly from?: Files;
  /** Patterns of `.dockerignore`, relative to each source. */
  readonly exclude?: readonly string[];
  /** Keeps the directories of the sources; those before `/./` are left out. */
  readonly parents?: boolean;
}

/** A file from the web. The checksum is what it must be, and its name in the cache. */
export interface UrlSource {
  readonly url: `https://${string}` | `http://${string}`;
  readonly checksum: `sha256:${string}`;
  readonly git?: never;
  readonly archive?: never;
}

/** Files of a git repository; `tsdock.lock` pins the commit. */
export interface GitSource {
  readonly git: string;
  /** A branch, a tag or a commit. */
  readonly ref: string;
  readonly subdirectory?: string;
  readonly url?: never;
  readonly archive?: never;
}

/** What is in a tar archive, plain or compressed, of the context or of `from`. */
export interface ArchiveSource {
  readonly archive: string;
  readonly from?: Files;
  readonly url?: never;
  readonly git?: never;
}

export type AddSource = UrlSource | GitSource | ArchiveSource;

export interface AddOptions extends FileOptions, LinkOptions {}
export interface WriteOptions extends FileOptions, LinkOptions {}
export interface DirectoryOptions extends FileOptions, LinkOptions {}
export interface SymlinkOptions extends LinkOptions {
  readonly chown?: Owner;
}

export interface RunOptions {
  readonly mounts?: readonly Mount[];
  /** `host` (the same as `default`) or nothing but the loopback. */
  readonly network?: "default" | "host" | "none";
  /** For this step alone. */
  readonly user?: Owner;
  /** For this step alone; it must exist. Relative ones are taken from the working directory. */
  readonly workdir?: string;
  /** For this step alone. */
  readonly env?: Readonly<Record<string, TextValue>>;
}

export interface HealthcheckOptions {
  /** Text runs in the image's shell; a list is executed as it is. */
  readonly test: string | readonly [string, ...string[]];
  readonly interval?: Duration;
  readonly timeout?: Duration;
  readonly startPeriod?: Duration;
  readonly startInterval?: Duration;
  readonly retries?: number;
}

export interface AnnotationOptions {
  /** The manifest of each platform (default), the index over platforms, or the manifest's descriptor in that index. */
  readonly level?: "manifest" | "index" | "descriptor";
}

/** An instruction for images that have this one as their base, as a Dockerfile would have it; run where they say `from`. */
export type Trigger =
  `${"ADD" | "CMD" | "COPY" | "ENTRYPOINT" | "ENV" | "EXPOSE" | "HEALTHCHECK" | "LABEL" | "RUN" | "SHELL" | "STOPSIGNAL" | "USER" | "VOLUME" | "WORKDIR"} ${string}`;
