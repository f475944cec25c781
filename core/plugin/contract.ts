import type { SourceIdentity } from "../declare/source.ts";
import type { LayerEntry } from "../oci/layer/entry.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { ContainerConfig } from "../oci/spec/image-config.ts";
import type { Platform } from "../oci/spec/platform.ts";
import type { Json } from "../util/json.ts";

/** A layer that a source made: in the store, by diffID. */
export interface SourceLayer {
  readonly diffId: Digest;
  /** Bytes of its uncompressed tar. */
  readonly size: number;
}

export interface Download {
  /** Tried in order. */
  readonly urls: readonly string[];
  readonly sha256: string;
  /** Bytes, where known; more than this is refused. */
  readonly size?: number;
  /** For people. */
  readonly name: string;
}

/** What a source may use. Nothing else: no file of its own, no network of its own but `fetch`. */
export interface SourceContext {
  readonly platform: Platform;
  readonly signal: AbortSignal;
  /** Seconds since 1970 that times are clamped to. */
  readonly clampTime: number;
  readonly workspace: string;
  /** The plugin's own part of the configuration (`plugins: { debian: {…} }`), undefined where there is none. */
  readonly options: Json | undefined;
  /** Reads what may change, such as an index: not kept. `undefined` for 404. Retries, proxies and limits are the host's. */
  fetch(url: string): Promise<Uint8Array | undefined>;
  /** A verified file in the store's download cache: absolute path. One transfer per checksum, however many ask. */
  download(file: Download): Promise<string>;
  /** Packs entries (any order; sorted here) into a layer of the store. */
  layer(entries: Iterable<LayerEntry>): Promise<SourceLayer>;
  /** Runs a command on layers and gives what it changed; undefined where nothing did. Its output is the vertex's log. */
  exec(request: SourceExec): Promise<SourceLayer | undefined>;
  warn(message: string, hint?: string): void;
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
  /** The lock entry's name; equal specs have one. */
  lockKey(spec: Json, platform: Platform): string;
  /** Settles what may move: versions, digests. Small, stable JSON, the same wherever it is resolved from. */
  resolve(spec: Json, context: SourceContext): Promise<Json>;
  /** Makes the layers. Depends on nothing but the spec, the lock entry and the platform. */
  build(spec: Json, locked: Json, context: SourceContext): Promise<SourceResult>;
  /** Files bound for RUN steps (an apt source, a proxy's certificate); asked even when the layers come from the cache. */
  ephemeral?(spec: Json, context: SourceContext): Promise<readonly EphemeralFile[]>;
}
