import type { EventSink } from "../events.ts";
import type { PublishedLayers } from "./compressed-layers.ts";
import type { BlobOutcome, Destination, PublishBlob } from "./destination.ts";
import { inParallel } from "./in-parallel.ts";
import type { BlobCounts } from "./publish-result.ts";
import { blobsOf, type ReleaseImage, type ReleaseManifest } from "./release-image.ts";

export interface PushOptions {
  readonly destination: Destination;
  readonly layers: PublishedLayers;
  readonly emit: EventSink;
  /** Transfers at the same time, over all images. */
  readonly limit: <T>(work: () => Promise<T>) => Promise<T>;
  readonly counts: BlobTally;
}

/** Counts what became of every blob of every repository. */
export class BlobTally {
  #counts = { uploaded: 0, mounted: 0, existing: 0, bytes: 0 };

  add(outcome: BlobOutcome, size: number): void {
    this.#counts[outcome] += 1;
    if (outcome === "uploaded") this.#counts.bytes += size;
  }

  /** Blobs of a manifest that is there: it could not be without them. */
  addExisting(manifest: ReleaseManifest): void {
    const digests = new Set(
      [manifest.config, ...manifest.layers.map((layer) => layer.descriptor)].map(({ digest }) => digest),
    );
    this.#counts.existing += digests.size;
  }

  get counts(): BlobCounts {
    return { ...this.#counts };
  }
}

/**
 * Brings an image to its repository, under no tag: blobs, then manifests, then the index over them. What is there is
 * not sent; a manifest that is there proves its blobs.
 */
export async function pushRelease(
  image: ReleaseImage,
  repository: string,
  options: PushOptions,
  signal: AbortSignal,
): Promise<void> {
  const { destination, counts } = options;
  const { top, manifests } = image;
  if (await destination.hasManifest(repository, top.descriptor, signal)) {
    for (const manifest of manifests) counts.addExisting(manifest);
    return;
  }
  for (const manifest of manifests) {
    const { document } = manifest;
    const below =
      document !== top && (await destination.hasManifest(repository, document.descriptor, signal));
    if (below) counts.addExisting(manifest);
    else await pushManifest(manifest, repository, options, signal);
  }
  if (manifests.every(({ document }) => document !== top)) {
    await destination.putManifest(repository, top, signal);
  }
}

async function pushManifest(
  manifest: ReleaseManifest,
  repository: string,
  options: PushOptions,
  signal: AbortSignal,
): Promise<void> {
  const { destination, layers, limit } = options;
  const blobs = blobsOf(manifest, layers);
  await inParallel(blobs, blobs.length, signal, async (blob, signal) =>
    limit(async () => {
      signal.throwIfAborted();
      await pushBlob(blob, manifest, repository, options, signal);
    }),
  );
  await destination.putManifest(repository, manifest.document, signal);
}

async function pushBlob(
  blob: PublishBlob,
  manifest: ReleaseManifest,
  repository: string,
  { destination, layers, counts, emit }: PushOptions,
  signal: AbortSignal,
): Promise<void> {
  const { descriptor } = blob;
  const outcome = await destination.putBlob(repository, blob, signal);
  counts.add(outcome, descriptor.size);
  const label = destination.label(repository);
  if (outcome === "existing") {
    const name = `${label}@${descriptor.digest}`;
    emit({
      type: "transfer",
      id: `push ${name}`,
      kind: "push",
      name,
      done: 0,
      total: descriptor.size,
      state: "existing",
    });
  }
  const diffId = manifest.layers.find((layer) => layer.descriptor.digest === descriptor.digest)?.diffId;
  if (diffId === undefined || !destination.isRegistry) return;
  await layers.placed(diffId, descriptor, repository, outcome);
}
