import { TsdockError } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import type { LayerEntry } from "../oci/layer/entry.ts";
import { type DirectoryIndex, indexDirectories, readDirectoryIndex } from "../oci/layer/directory-index.ts";
import { type FileTree, mergeLayers } from "../oci/layer/tree.ts";
import type { Blobs, CompressedLayers, Snapshots, StateFiles } from "../oci/store/contract.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { compressionOf, mediaTypes } from "../oci/spec/media-types.ts";
import { readUserTexts, userTextsOf, type UserTexts } from "./file/user-texts.ts";
import { memoizeAsync } from "../util/memoize-async.ts";
import type { Executor } from "./executor.ts";
import type { TreeLayer } from "./tree.ts";

/** Where the bytes of a layer come from when they are not in the store. */
export interface LayerOrigin {
  readonly descriptor: Descriptor;
  /** `host/name` of the repository, where it is a registry. */
  readonly repository?: string;
  /** The compressed bytes as they are stored there. */
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

export interface LayerAccessOptions {
  readonly store: {
    readonly blobs: Blobs;
    readonly snapshots: Snapshots;
    readonly compressed: CompressedLayers;
    readonly contexts: StateFiles;
  };
  readonly executor: () => Promise<Executor>;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/**
 * The layers of a build in the form that a step needs: as a tar, as entries, as a merged tree, as a directory to mount.
 * Each is made at most once in a process, and only when somebody asks: a base that nobody reads is never fetched.
 */
export class LayerAccess {
  readonly #options: LayerAccessOptions;
  readonly #origins = new Map<Digest, LayerOrigin>();
  readonly #fetch = memoizeAsync((diffId: Digest) => this.#ingest(diffId));
  readonly #entries = memoizeAsync((diffId: Digest) => this.#index(diffId));
  readonly #snapshot = memoizeAsync((diffId: Digest) => this.#unpack(diffId));
  readonly #trees = memoizeAsync(async (key: string) => {
    const diffIds = key === "" ? [] : (key.split(" ") as Digest[]);
    return mergeLayers(await Promise.all(diffIds.map((diffId) => this.entries(diffId))));
  });

  readonly #directories = memoizeAsync((key: string) =>
    this.#remembered(`directories ${key}`, readDirectoryIndex, async () =>
      indexDirectories(await this.#trees(key)),
    ),
  );

  readonly #userFiles = memoizeAsync((key: string) =>
    this.#remembered(`users ${key}`, readUserTexts, async () => userTextsOf(await this.#trees(key))),
  );

  constructor(options: LayerAccessOptions) {
    this.#options = options;
  }

  addOrigin(diffId: Digest, origin: LayerOrigin): void {
    if (!this.#origins.has(diffId)) this.#origins.set(diffId, origin);
  }

  /** Whether the layer's bytes can be had without running anything. */
  has(diffId: Digest): boolean {
    return this.#options.store.blobs.has(diffId) || this.#origins.has(diffId);
  }

  size(layer: TreeLayer): number | undefined {
    return layer.size ?? this.#options.store.blobs.size(layer.diffId);
  }

  /** How a manifest of the store names the layer: as it lies here, else as it lies in the registry that it would come from. */
  descriptor(diffId: Digest): Descriptor | undefined {
    const size = this.#options.store.blobs.size(diffId);
    if (size !== undefined) return { mediaType: mediaTypes.layerTar, digest: diffId, size };
    return this.#origins.get(diffId)?.descriptor;
  }

  /** Repositories of registries that have the layer. */
  repository(diffId: Digest): string | undefined {
    return this.#origins.get(diffId)?.repository;
  }

  /** Absolute path of the uncompressed tar. */
  async tar(diffId: Digest): Promise<string> {
    const { blobs } = this.#options.store;
    if (!blobs.has(diffId)) await this.#fetch(diffId);
    return blobs.path(diffId);
  }

  entries(diffId: Digest): Promise<readonly LayerEntry[]> {
    return this.#entries(diffId);
  }

  /** All files of a stack, whiteouts applied. */
  tree(layers: readonly TreeLayer[]): Promise<FileTree> {
    return this.#trees(keyOf(layers));
  }

  /** Only the directories and links of a stack: computed once per stack on this machine, since that is all that a copy looks at. */
  directories(layers: readonly TreeLayer[]): Promise<DirectoryIndex> {
    return this.#directories(keyOf(layers));
  }

  /** The two files of a stack that names of users are looked up in: read once per stack on this machine. */
  userFiles(layers: readonly TreeLayer[]): Promise<UserTexts> {
    return this.#userFiles(keyOf(layers));
  }

  /** Directories to mount, lowest first. */
  snapshots(layers: readonly TreeLayer[]): Promise<readonly string[]> {
    return Promise.all(layers.map((layer) => this.#snapshot(layer.diffId)));
  }

  /** What this machine knows by a name already, else what is found out now. */
  async #remembered<T>(
    name: string,
    read: (json: unknown) => T | undefined,
    find: () => Promise<T>,
  ): Promise<T> {
    const { contexts } = this.#options.store;
    const bytes = contexts.get(name);
    const known = bytes === undefined ? undefined : read(parseJson(bytes));
    if (known !== undefined) return known;
    const found = await find();
    contexts.put(name, Buffer.from(JSON.stringify(found)));
    return found;
  }

  // What looks into layers is loaded with the first one: a build in which nothing changed looks into none.
  async #index(diffId: Digest): Promise<readonly LayerEntry[]> {
    const { indexLayer } = await import("../oci/layer/index-layer.ts");
    return indexLayer(await this.tar(diffId));
  }

  async #ingest(diffId: Digest): Promise<void> {
    const { store, signal, emit } = this.#options;
    const origin = this.#origins.get(diffId);
    if (origin === undefined) {
      throw new TsdockError(
        "LAYER_MISSING",
        `the layer ${diffId} is neither in the store nor in a registry that is known`,
        {
          hint: "build again with --no-cache, or pull the image again",
        },
      );
    }
    const { descriptor } = origin;
    const compression = compressionOf(descriptor.mediaType);
    if (compression === undefined) {
      throw new TsdockError(
        "LAYER_INVALID",
        `the layer ${descriptor.digest} has the media type ${descriptor.mediaType}, which cannot be unpacked`,
        {
          hint: "use a base whose layers are tar, tar+gzip or tar+zstd",
        },
      );
    }
    const { ingestLayer } = await import("../oci/layer/ingest-layer.ts");
    await using pending = await store.blobs.pending();
    const name = `${origin.repository ?? ""}@${descriptor.digest}`;
    const transfer = {
      type: "transfer",
      id: descriptor.digest,
      kind: "pull",
      name,
      total: descriptor.size,
    } as const;
    const source = counted(await origin.open(signal), (done) =>
      emit({ ...transfer, done, state: "running" }),
    );
    const result = await ingestLayer(source, {
      compression,
      tarFile: pending.path,
      expectedDigest: descriptor.digest,
      expectedSize: descriptor.size,
      expectedDiffId: diffId,
      signal,
    });
    await pending.commit(diffId, result.size);
    emit({ ...transfer, done: descriptor.size, state: "done" });
    if (compression !== "none") {
      const repositories = origin.repository === undefined ? [] : [origin.repository];
      await store.compressed.put(diffId, { descriptor, repositories });
    }
  }

  async #unpack(diffId: Digest): Promise<string> {
    const { store, executor, signal } = this.#options;
    const existing = store.snapshots.path(diffId);
    if (existing !== undefined) return existing;
    const tar = await this.tar(diffId);
    await using pending = await store.snapshots.pending();
    await (await executor()).unpack(tar, pending.path, signal);
    return await pending.commit(diffId);
  }
}

const keyOf = (layers: readonly TreeLayer[]): string => layers.map((layer) => layer.diffId).join(" ");

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    // A damaged index is no index: it is computed again.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const progressStep = 1 << 20;

async function* counted(
  source: AsyncIterable<Uint8Array>,
  progress: (done: number) => void,
): AsyncIterable<Uint8Array> {
  let done = 0;
  let told = 0;
  for await (const chunk of source) {
    done += chunk.byteLength;
    if (done - told >= progressStep) {
      told = done;
      progress(done);
    }
    yield chunk;
  }
}
