import { isTsdockError, type TsdockError, throwAll } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import type { RegistryClient } from "../oci/registry/client.ts";
import type { Blobs, CompressedLayers } from "../oci/store/contract.ts";
import { createLimiter } from "../util/limiter.ts";
import { PublishedLayers } from "./compressed-layers.ts";
import type { Destination } from "./destination.ts";
import { inParallel } from "./in-parallel.ts";
import { LayoutDestination } from "./layout-destination.ts";
import { checkImmutable, moveAllTags, publishedTags, type SettledImage } from "./move-tags.ts";
import { layoutDirectory, type PlanRequest, planPublish } from "./plan-publish.ts";
import type { PublishedImage, PublishResult } from "./publish-result.ts";
import { BlobTally, type PushOptions, pushRelease } from "./push-image.ts";
import { RegistryDestination } from "./registry-destination.ts";
import { type Candidate, inspectImage, isPublished, type PublishImage, settleImage } from "./settle-image.ts";

export interface PublishOptions extends Omit<PlanRequest, "images"> {
  readonly images: readonly PublishImage[];
  readonly store: { readonly blobs: Blobs; readonly compressed: CompressedLayers };
  /** For destinations in registries, and for layers that are only there. */
  readonly client: () => Promise<RegistryClient>;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  /** Everything but sending: layers are compressed, since the digests are those of the real run. */
  readonly dryRun?: boolean;
  /** Transfers at the same time: 8. */
  readonly jobs?: number;
}

const defaultJobs = 8;

/**
 * Publishes images of the store: all is planned and checked first, then come blobs, manifests by digest, and, when every
 * image is complete, immutable tags and rolling tags. Doing it again sends nothing and moves nothing; after a failure it
 * completes what is lacking.
 * Errors `TAG_INVALID`, `PUBLISH_COLLISION`, `PUBLISH_IMMUTABLE`, `PUBLISH_FOREIGN_CHANGE`, `PUBLISH_BLOB_MISSING`, and those of
 * registries and store.
 */
export async function publish(options: PublishOptions): Promise<PublishResult> {
  const started = performance.now();
  const { store, signal, emit, jobs = defaultJobs } = options;
  const plan = planPublish({ ...options, images: options.images.map(({ name }) => name) });
  await using destination = await openDestination(options, jobs);
  const layers = new PublishedLayers(options);
  const pairs = plan.images.flatMap((planned, index) => {
    const image = options.images[index];
    return image === undefined ? [] : [{ image, planned }];
  });
  const candidates = await inParallel(pairs, jobs, signal, ({ image, planned }, signal) =>
    inspectImage(image, planned, { destination, layers, blobs: store.blobs }, signal),
  );
  if (options.dryRun !== true) await preflight(candidates, destination, jobs, signal);
  const settled: (Candidate & SettledImage)[] = [];
  for (const candidate of candidates)
    settled.push({ ...candidate, release: await settleImage(candidate, layers) });
  checkImmutable(settled, (repository) => destination.label(repository));
  const counts = new BlobTally();
  if (options.dryRun !== true) {
    const push = { destination, layers, emit, counts, limit: createLimiter(jobs) };
    await inParallel(settled, jobs, signal, (image, signal) => pushSettled(image, push, signal));
    await moveAllTags(settled, destination, emit, signal);
  }
  const images = settled.map((image) => resultOf(image, destination));
  return { images, blobs: counts.counts, ms: Math.round(performance.now() - started) };
}

async function openDestination({ destination, client }: PublishOptions, jobs: number): Promise<Destination> {
  const directory = layoutDirectory(destination);
  return directory === undefined
    ? new RegistryDestination(await client(), jobs)
    : new LayoutDestination(directory);
}

/** Finds out before anything is compressed or sent whether it may be written where something is lacking. Every refusal is reported. */
async function preflight(
  candidates: readonly Candidate[],
  destination: Destination,
  jobs: number,
  signal: AbortSignal,
): Promise<void> {
  const waiting = candidates.filter((candidate) => !isPublished(candidate));
  const repositories = [...new Set(waiting.map(({ plan }) => plan.repository))];
  const errors = await inParallel(repositories, jobs, signal, async (repository, signal) => {
    try {
      await destination.checkWritable(repository, signal);
      return [];
    } catch (error) {
      if (isTsdockError(error)) return [error satisfies TsdockError];
      throw error;
    }
  });
  throwAll(errors.flat());
}

async function pushSettled(
  image: Candidate & SettledImage,
  push: PushOptions,
  signal: AbortSignal,
): Promise<void> {
  const { plan, release, tags } = image;
  if (tags.some((tag) => tag?.digest === release.top.descriptor.digest)) {
    for (const manifest of release.manifests) push.counts.addExisting(manifest);
    return;
  }
  await pushRelease(release, plan.repository, push, signal);
}

function resultOf(image: SettledImage, destination: Destination): PublishedImage {
  const { plan, release } = image;
  const platforms = release.manifests.map(({ platform, document, imageId }) => {
    return { platform, digest: document.descriptor.digest, imageId };
  });
  const [only, ...others] = platforms;
  return {
    name: plan.name,
    repository: destination.label(plan.repository),
    digest: release.top.descriptor.digest,
    imageId: only !== undefined && others.length === 0 ? only.imageId : null,
    platforms,
    tags: publishedTags(image),
  };
}
