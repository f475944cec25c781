import type { EventSink } from "../events.ts";
import type { RegistryClient } from "../oci/registry/client.ts";
import type { GrowingSource } from "../oci/registry/push-growing.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { Blobs, CompressedLayers } from "../oci/store/contract.ts";
import { createLimiter } from "../util/limiter.ts";
import type { Artifact } from "./attest/artifact.ts";
import { placeArtifacts } from "./attest/place-artifacts.ts";
import { PublishedLayers } from "./compressed-layers.ts";
import type { Destination } from "./destination.ts";
import { inParallel } from "./in-parallel.ts";
import { type ImageState, inspectDestination, proveWritable } from "./inspect-destination.ts";
import { type JournalKeeper, noJournal } from "./journal/journal.ts";
import { journalId } from "./journal/journal-files.ts";
import { LayoutDestination } from "./layout-destination.ts";
import { moveAllTags, type SettledImage } from "./move-tags.ts";
import { layoutDirectory, type PublishPlan } from "./plan/publish-plan.ts";
import { BlobTally, pushRelease } from "./push-image.ts";
import { RegistryDestination } from "./registry-destination.ts";
import type { ReleaseImage } from "./release-image.ts";

export interface PublicationOptions {
  readonly store: { readonly blobs: Blobs; readonly compressed: CompressedLayers };
  /** For destinations in registries, and for layers that are only there. */
  readonly client: () => Promise<RegistryClient>;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  /** Nothing is kept unless given. */
  readonly journal?: JournalKeeper | undefined;
  /** Transfers at the same time: 8. */
  readonly jobs?: number | undefined;
}

/** An image whose digest is known. */
export interface ReleasedImage extends SettledImage {
  readonly release: ReleaseImage;
  /** Documents about its manifests, where some are asked for. */
  readonly artifacts?: readonly Artifact[];
}

/** A plan on its way to its destination: the phases of docs/publishing.md, to be called in their order. */
export class Publication implements AsyncDisposable {
  readonly plan: PublishPlan;
  readonly destination: Destination;
  readonly layers: PublishedLayers;
  readonly jobs: number;
  readonly counts = new BlobTally();
  readonly #options: PublicationOptions;
  readonly #writable = new Set<string>();

  private constructor(plan: PublishPlan, destination: Destination, options: PublicationOptions) {
    this.plan = plan;
    this.destination = destination;
    this.jobs = options.jobs ?? defaultJobs;
    this.layers = new PublishedLayers(options);
    this.#options = options;
  }

  static async open(plan: PublishPlan, options: PublicationOptions): Promise<Publication> {
    const directory = layoutDirectory(plan.destination);
    const waiting = (message: string): void =>
      options.emit({ type: "warning", code: "PUBLISH_WAITING", message });
    const destination =
      directory === undefined
        ? new RegistryDestination(await options.client(), options.jobs ?? defaultJobs)
        : new LayoutDestination(directory, waiting);
    return new Publication(plan, destination, options);
  }

  /** What the destination has; proves that we are known there. All refusals are reported. */
  inspect(): Promise<readonly ImageState[]> {
    const { signal } = this.#options;
    const { destination, jobs } = this;
    return inspectDestination(this.plan, { destination, jobs, signal });
  }

  /** Proves that we may write to the repositories of these images, unless that is proved. All refusals are reported. */
  async proveWritable(images: readonly ImageState[]): Promise<void> {
    const { signal } = this.#options;
    const { destination, jobs } = this;
    const open = images.filter(({ plan }) => !this.#writable.has(plan.repository));
    await proveWritable(open, { destination, jobs, signal });
    for (const { plan } of open) this.#writable.add(plan.repository);
  }

  /**
   * Blobs and manifests, under no tag. `settle` gives each image its digest, which may mean to compress its layers: those it hands
   * to `begun`, and they are sent while they are compressed.
   */
  send<T extends ImageState>(
    images: readonly T[],
    settle: (image: T, begun: (diffId: Digest, growing: GrowingSource) => void) => Promise<ReleaseImage>,
  ): Promise<readonly (T & ReleasedImage)[]> {
    const { destination, layers, counts, jobs } = this;
    const { emit, signal } = this.#options;
    const push = { destination, layers, emit, counts, limit: createLimiter(jobs) };
    return inParallel(images, jobs, signal, async (image, signal) => {
      const { repository } = image.plan;
      const release = await settle(image, (diffId, growing) => {
        destination.putGrowing?.(
          repository,
          growing,
          (descriptor) => layers.blob(diffId, descriptor),
          signal,
        );
      });
      signal.throwIfAborted();
      // What a tag means is complete: a registry takes no manifest without its blobs.
      const { digest } = release.top.descriptor;
      if (image.tags.some(({ now }) => now?.digest === digest)) {
        for (const manifest of release.manifests) counts.addExisting(manifest);
      } else await pushRelease(release, repository, push, signal);
      return { ...image, release };
    });
  }

  /**
   * Documents about images that are there, before any tag says so. `make` gives those of one image. They are kept only for who asks:
   * those of many images are many bytes.
   */
  attest<T extends ReleasedImage>(
    images: readonly T[],
    make: (image: T, signal: AbortSignal) => Promise<readonly Artifact[]>,
    { dryRun = false, keep = false }: { readonly dryRun?: boolean; readonly keep?: boolean } = {},
  ): Promise<readonly T[]> {
    const { destination, counts, jobs } = this;
    const { signal } = this.#options;
    return inParallel(images, jobs, signal, async (image, signal) => {
      const { repository } = image.plan;
      const artifacts = await make(image, signal);
      const options = { destination, repository, counts, dryRun };
      const attestations = await placeArtifacts(artifacts, options, signal);
      return { ...image, attestations, ...(keep ? { artifacts } : {}) };
    });
  }

  moveTags(images: readonly SettledImage[]): Promise<void> {
    const { emit, signal, journal = noJournal } = this.#options;
    const { destination, jobs, plan } = this;
    const id = journalId(new Date());
    return moveAllTags(images, { destination, name: plan.destination, journal, id, emit, jobs, signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destination[Symbol.asyncDispose]();
  }
}

const defaultJobs = 8;
