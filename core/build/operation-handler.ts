import type { EventSink } from "../events.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { Platform } from "../oci/spec/platform.ts";
import type { Download, SourcePlugin, WorkspaceFiles } from "../plugin/contract.ts";
import type { Store } from "../oci/store/store.ts";
import type { Json } from "../util/json.ts";
import type { ContextScans } from "./context/context-scans.ts";
import type { Executor } from "./executor.ts";
import type { GitSource } from "./git-source.ts";
import type { LayerDigests } from "./file/layer-digests.ts";
import type { LayerAccess } from "./layer-access.ts";
import type { LockedReferences } from "./locked-references.ts";
import type { Tree, TreeLayer } from "./tree.ts";

/** The manifest and configuration of a base, settled to one digest; layers stay where they are until they are read. */
export interface ResolvedImage {
  /** Digest of the index or manifest that the reference stood for: what a lock pins. */
  readonly pinned: Digest;
  readonly manifestDigest: Digest;
  readonly manifest: Uint8Array;
  readonly config: Uint8Array;
  /** `host/name`, where it is a registry. */
  readonly repository?: string;
  openLayer(digest: Digest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** Finds images outside the workspace. */
export interface ImageResolver {
  /** `pinned`: the digest from the lock. Each reference is resolved at most once in a run. */
  registry(reference: string, platform: Platform, pinned: Digest | undefined): Promise<ResolvedImage>;
  layout(directory: string, tag: string | undefined, platform: Platform): Promise<ResolvedImage>;
  archive(file: string, platform: Platform): Promise<ResolvedImage>;
}

export type SecretReader = () => Promise<Uint8Array>;

/** What the handlers of operations may use. One per build. */
export interface BuildContext {
  readonly store: Store;
  readonly layers: LayerAccess;
  readonly executor: () => Promise<Executor>;
  readonly images: ImageResolver;
  /** The commit that a ref stands for now; each is asked for once in a run. Errors `GIT_FAILED`, `GIT_REF_UNKNOWN`. */
  readonly gitCommit: (source: GitSource) => Promise<string>;
  readonly plugins: ReadonlyMap<string, SourcePlugin>;
  readonly pluginOptions: Readonly<Record<string, Json>>;
  readonly lock: LockedReferences;
  readonly contexts: ContextScans;
  /** The files of the workspace as plugins see them. */
  readonly files: WorkspaceFiles;
  readonly layerDigests: LayerDigests;
  /** By id: `--secret id=…`. */
  readonly secrets: ReadonlyMap<string, SecretReader>;
  /** By id: absolute path of an agent's socket. */
  readonly ssh: ReadonlyMap<string, string>;
  /** Seconds since 1970: SOURCE_DATE_EPOCH or 0. */
  readonly clampTime: number;
  /** HTTP_PROXY and its like: passed to RUN, never keyed. */
  readonly proxyEnvironment: Readonly<Record<string, string>>;
  readonly workspace: string;
  fetch(
    url: string,
    headers?: Readonly<Record<string, string>>,
    ca?: string,
  ): Promise<Uint8Array | undefined>;
  download(file: Download): Promise<string>;
  /** Environment variables of this process: for the credentials and addresses of plugins. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/** What an action leaves: at most one layer, and whatever else its tree needs. */
export interface ActionOutput {
  readonly layer: TreeLayer | null;
  readonly value?: Json;
  /** Layers that are new, where an action makes several. Not recorded. */
  readonly made?: readonly Digest[];
}

/**
 * A vertex, once its inputs are known, answers two questions: how is it cached (`inputs`: everything that can change its
 * output, by name; their digest is the key) and how is it run.
 */
export interface PlannedAction {
  readonly inputs: Readonly<Record<string, string>>;
  /** `fresh`: nothing that an earlier run left may be used. */
  run(log: VertexLog, fresh: boolean): Promise<ActionOutput>;
  /** The tree that the output stands for; throws nothing. */
  tree(output: ActionOutput): Tree;
  /** Whether what a record names can still be had; records whose layers were pruned are run again. */
  available(output: ActionOutput): boolean;
}

/** Where a running vertex writes what people may want to read. */
export interface VertexLog {
  write(stream: "stdout" | "stderr", chunk: Uint8Array): void;
  /** Everything written so far, stdout and stderr in the order that they came. */
  text(): string;
}
