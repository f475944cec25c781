import type { SourceIdentity } from "../declare/source.ts";
import type { ByteString, LayerEntry } from "../oci/layer/entry.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { ContainerConfig } from "../oci/spec/image-config.ts";
import type { Platform } from "../oci/spec/platform.ts";
import type { Json } from "../util/json.ts";
import type { SoftwarePackage } from "./attestation.ts";
import type { CheckRule } from "./check-contract.ts";

/** A layer that a source made: in the store, by diffID. */
export interface SourceLayer {
  readonly diffId: Digest;
  /** Bytes of its uncompressed tar. */
  readonly size: number;
}

/** What a download must be: 64 hexadecimal digits, or what Subresource Integrity has (`sha512-BASE64`, strongest of several). */
type Checksum =
  | { readonly sha256: string; readonly integrity?: never }
  | { readonly integrity: string; readonly sha256?: never };

export type Download = Checksum & {
  /** Tried in order. */
  readonly urls: readonly string[];
  /** Bytes, where known; more than this is refused. */
  readonly size?: number;
  /** For people. */
  readonly name: string;
  /** Credentials: sent to the origins of `urls` only, never kept, never told. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificates in PEM of authorities that are trusted for this, instead of those that Node trusts. */
  readonly ca?: string;
};

/** An entry of the workspace as a copy has it: 644 or 755, 0:0, and the digest of a file's content. */
export interface WorkspaceEntry {
  /** `path` is relative to the directory that was asked for. */
  readonly entry: LayerEntry;
  /** SHA-256 of a file's content, 64 hexadecimal digits. */
  readonly sha256?: string;
}

export interface WorkspaceName {
  readonly name: string;
  /** Links are not followed. */
  readonly type: "file" | "directory" | "symlink";
}

/**
 * The files of the workspace as they are now, or were at a revision. Paths are relative to the workspace, with `/`
 * between their parts and `""` for the workspace itself; one that leads out of it is an error (`PATH_OUTSIDE_CONTEXT`).
 */
export interface WorkspaceFiles {
  /** The workspace itself, absolute: for places in messages. */
  readonly directory: string;
  /** A file's bytes, whatever `.dockerignore` says; undefined where there is none. Error `FILE_UNREADABLE`. */
  read(path: string): Uint8Array | undefined;
  /** What is in a directory, whatever `.dockerignore` says, sorted; nothing where there is none. */
  list(directory: string): readonly WorkspaceName[];
  /**
   * Everything below a directory that `.dockerignore` (that of the workspace, and that of the directory) does not hide.
   * `skip` is asked for each path, relative to the directory; what is below a skipped directory is not looked at.
   * Digests are computed when they are asked for. Error `CONTEXT_MISSING`.
   */
  entries(directory: string, skip: (path: ByteString) => boolean): readonly WorkspaceEntry[];
}

/** What planning may use: files, no network but verified downloads. */
export interface PlanContext {
  /** Absolute: for places in messages. */
  readonly workspace: string;
  readonly platform: Platform;
  readonly signal: AbortSignal;
  readonly files: WorkspaceFiles;
  /** As for `SourceContext`. */
  readonly options: Json | undefined;
  /** Where packages come from and with which credentials may be read from here; nothing that changes bytes. */
  readonly env: Readonly<Record<string, string | undefined>>;
  download(file: Download): Promise<string>;
  warn(message: string, hint?: string): void;
}

/** What the workspace says of a source. */
export interface SourcePlan {
  /** Everything that can change the layers: part of the key. */
  readonly key: Json;
  /** What cannot: addresses of downloads. Outside of the key, not recorded. */
  readonly aside?: Json;
}

/** What a source may use. Nothing else: no file of its own, no network of its own but `fetch`. */
export interface SourceContext extends PlanContext {
  /** Seconds since 1970 that times are clamped to. */
  readonly clampTime: number;
  /** The plugin's own part of the configuration (`plugins: { debian: {…} }`), undefined where there is none. */
  readonly options: Json | undefined;
  /**
   * Reads what may change, such as an index: not kept. `undefined` for 404. Retries, proxies and limits are the host's. `ca`: as for
   * `Download`.
   */
  fetch(
    url: string,
    headers?: Readonly<Record<string, string>>,
    ca?: string,
  ): Promise<Uint8Array | undefined>;
  /** A verified file in the store's download cache: absolute path. One transfer per checksum, however many ask. */
  download(file: Download): Promise<string>;
  /** Packs entries (any order; sorted here) into a layer of the store. Files of the workspace must not have changed meanwhile. */
  layer(entries: Iterable<LayerEntry>): Promise<SourceLayer>;
  /**
   * The layer that an earlier build made for this key, or what `make` gives now. The key holds everything that can change
   * the bytes; the plugin's name and version and `clampTime` are added to it. `undefined`: nothing to pack.
   */
  keptLayer(
    key: Json,
    make: () => Promise<Iterable<LayerEntry> | undefined> | Iterable<LayerEntry> | undefined,
  ): Promise<SourceLayer | undefined>;
  /** Runs a command on layers and gives what it changed; undefined where nothing did. Its output is the vertex's log. */
  exec(request: SourceExec): Promise<SourceLayer | undefined>;
  log(text: string): void;
}

export interface SourceExec {
  readonly layers: readonly SourceLayer[];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly network: "host" | "none";
  /** Files that exist only while it runs. */
  readonly files?: readonly EphemeralFile[];
  /** Changes to leave out of the layer, as glob patterns on absolute paths: logs with times in them, caches. */
  readonly discard?: readonly string[];
}

/** A file that is there while commands run and never in a layer. */
export interface EphemeralFile {
  readonly target: string;
  readonly content: Uint8Array;
  readonly mode: number;
}

export interface SourceResult {
  /** Lowest first, with the line that the image's history has for each. */
  readonly layers: readonly { readonly layer: SourceLayer; readonly createdBy: string }[];
  readonly config: ContainerConfig;
  /** Bound for every RUN on top of this source; not in its key, never in a layer. */
  readonly ephemeral?: readonly EphemeralFile[];
}

/** A kind of thing that `from`, `copy` and `merge` accept. */
export interface SourcePlugin extends SourceIdentity {
  /** The lock entry's name; equal specs have one. Undefined where nothing moves: `resolve` is not asked, `locked` is null. */
  lockKey(spec: Json, platform: Platform, files: WorkspaceFiles): string | undefined;
  /** Settles what may move: versions, digests. Small, stable JSON, the same wherever it is resolved from. */
  resolve(spec: Json, context: SourceContext): Promise<Json>;
  /**
   * What files of the workspace say, for a source that reads some: asked in every build, before the cache is. What its
   * `key` leaves out cannot make it build again.
   */
  plan?(spec: Json, locked: Json, context: PlanContext): Promise<SourcePlan>;
  /** Makes the layers. Depends on nothing but the spec, the lock entry, the plan's key and the platform. */
  build(
    spec: Json,
    locked: Json,
    context: SourceContext,
    plan: SourcePlan | undefined,
  ): Promise<SourceResult>;
  /** Files bound for RUN steps (an apt source, a proxy's certificate); asked even when the layers come from the cache. */
  ephemeral?(spec: Json, context: SourceContext): Promise<readonly EphemeralFile[]>;
  /**
   * Packages that its layers hold, for bills of material: as certain as the lock is, nothing that is only guessed. Depends on nothing
   * but what `build` depends on.
   */
  packages?(
    spec: Json,
    locked: Json,
    context: PlanContext,
  ): readonly SoftwarePackage[] | Promise<readonly SoftwarePackage[]>;
  /** Rules of `tsdock check` for workspaces that use the source. */
  readonly checks?: readonly CheckRule[];
}
