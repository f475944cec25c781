import { TsdockError } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import { compressorName, gzipStream } from "../oci/layer/compress.ts";
import type { RegistryClient } from "../oci/registry/client.ts";
import type { GrowingSource } from "../oci/registry/push-growing.ts";
import type { BlobSource } from "../oci/registry/upload-content.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { mediaTypes } from "../oci/spec/media-types.ts";
import { parseReference } from "../oci/spec/reference.ts";
import type { Blobs, CompressedLayer, CompressedLayers } from "../oci/store/contract.ts";
import type { BlobOutcome, PublishBlob } from "./destination.ts";
import { GrowingBlob } from "./growing-blob.ts";

export interface LayerSourceOptions {
  readonly store: { readonly blobs: Blobs; readonly compressed: CompressedLayers };
  /** For layers that are only in a registry. */
  readonly client: () => Promise<RegistryClient>;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/** Repositories of one registry that are remembered to have a layer, besides those that it had to be sent to. */
const rememberedRepositories = 8;

/**
 * Layers as they leave: compressed once into a blob of the store, from which it is sent while it grows, so that a lost
 * connection costs no second compression and the next registry none at all.
 */
export class PublishedLayers {
  readonly #options: LayerSourceOptions;
  readonly #compressing = new Map<Digest, Promise<Descriptor>>();

  constructor(options: LayerSourceOptions) {
    this.#options = options;
  }

  /**
   * The compressed form that a layer is published in, if it is known: the one of a base that the image is made from, for
   * its registry has it, else ours. What else was ever pulled does not count, or two machines would publish two digests.
   */
  known(diffId: Digest, bases: readonly string[]): Descriptor | undefined {
    const records = this.#options.store.compressed.get(diffId);
    const ofBase = records.find(
      (record) => record.compressor === undefined && record.repositories.some((name) => bases.includes(name)),
    );
    return (ofBase ?? records.find((record) => record.compressor === compressorName()))?.descriptor;
  }

  /** Compresses a layer of the store and remembers it. `begun` gets it where this is the first who wants it. */
  compress(diffId: Digest, begun: (growing: GrowingSource) => void = () => undefined): Promise<Descriptor> {
    const known = this.#compressing.get(diffId);
    if (known !== undefined) return known;
    const running = this.#run(diffId, begun);
    this.#compressing.set(diffId, running);
    running.catch(() => this.#compressing.delete(diffId));
    return running;
  }

  async #run(diffId: Digest, begun: (growing: GrowingSource) => void): Promise<Descriptor> {
    const { store, emit, signal } = this.#options;
    const total = store.blobs.size(diffId);
    if (total === undefined) throw missing(diffId);
    const transfer = {
      type: "transfer",
      id: `compress ${diffId}`,
      kind: "compress",
      name: diffId,
      total,
    } as const;
    emit({ ...transfer, done: 0, state: "running" });
    const stream = gzipStream(store.blobs.open(diffId), { signal });
    const descriptor = await GrowingBlob.write(store.blobs, stream, mediaTypes.layerGzip, begun);
    await store.compressed.put(diffId, { descriptor, compressor: compressorName(), repositories: [] });
    emit({ ...transfer, done: total, state: "done" });
    return descriptor;
  }

  /** `host/path` of repositories that are known to have this form of the layer. */
  repositories(diffId: Digest, { digest }: Descriptor): readonly string[] {
    return this.#record(diffId, digest)?.repositories ?? [];
  }

  /**
   * Remembers that a repository has it; of those that did not have to be sent anything, as many as will ever be asked: a base of
   * hundreds of images is in hundreds of repositories.
   */
  async placed(
    diffId: Digest,
    descriptor: Descriptor,
    repository: string,
    outcome: BlobOutcome,
  ): Promise<void> {
    const { mediaType, digest, size } = descriptor;
    const known = this.#record(diffId, digest);
    const registry = `${parseReference(repository).registry}/`;
    const others = known?.repositories.filter((name) => name.startsWith(registry)) ?? [];
    if (outcome !== "uploaded" && others.length >= rememberedRepositories) return;
    await this.#options.store.compressed.put(diffId, {
      descriptor: { mediaType, digest, size },
      ...(known?.compressor === undefined ? {} : { compressor: known.compressor }),
      repositories: [repository],
    });
  }

  /** Its bytes: from the store, made again if the store lost them, else from a registry that has them. */
  source(diffId: Digest | undefined, descriptor: Descriptor): BlobSource {
    return { open: (start) => this.#open(diffId, descriptor, start) };
  }

  /** A layer, or a configuration, which has no diffID, as it is published. */
  blob(diffId: Digest | undefined, descriptor: Descriptor): PublishBlob {
    return {
      descriptor,
      repositories: diffId === undefined ? [] : this.repositories(diffId, descriptor),
      source: this.source(diffId, descriptor),
    };
  }

  async *#open(
    diffId: Digest | undefined,
    descriptor: Descriptor,
    start: number,
  ): AsyncGenerator<Uint8Array> {
    const { store, client, signal } = this.#options;
    const { blobs } = store;
    const record = diffId && this.#record(diffId, descriptor.digest);
    if (
      diffId !== undefined &&
      !blobs.has(descriptor.digest) &&
      record?.compressor === compressorName() &&
      blobs.has(diffId)
    ) {
      await this.compress(diffId);
    }
    if (blobs.has(descriptor.digest)) {
      yield* blobs.open(descriptor.digest, start);
      return;
    }
    const [repository] = record?.repositories ?? [];
    if (repository === undefined) throw missing(descriptor.digest);
    yield* (await client()).openBlob(parseReference(repository), descriptor, start, signal);
  }

  #record(diffId: Digest, digest: Digest): CompressedLayer | undefined {
    return this.#options.store.compressed.get(diffId).find((record) => record.descriptor.digest === digest);
  }
}

const missing = (digest: Digest): TsdockError =>
  new TsdockError(
    "PUBLISH_BLOB_MISSING",
    `${digest} is neither in the store nor in a registry that is known to have it`,
    {
      hint: "build or pull the image again",
    },
  );
