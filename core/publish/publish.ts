import type { DefaultAnnotation } from "../graph/definition.ts";
import { shownAnnotations } from "./annotate-documents.ts";
import type { Artifact } from "./attest/artifact.ts";
import { inParallel } from "./in-parallel.ts";
import type { ImageState } from "./inspect-destination.ts";
import { type PlanRequest, planPublish } from "./plan/plan-publish.ts";
import { Publication, type PublicationOptions, type ReleasedImage } from "./publication.ts";
import { checkImmutable, publishedTags } from "./published-tags.ts";
import type { PublishedImage, PublishResult } from "./publish-result.ts";
import { type Candidate, compareImage, isPublished, type PublishImage, settleImage } from "./settle-image.ts";

export interface PublishOptions extends Omit<PlanRequest, "images">, PublicationOptions {
  readonly images: readonly PublishImage[];
  /** Everything but sending: layers are compressed, since the digests are those of the real run. */
  readonly dryRun?: boolean;
  readonly onlyChanged?: boolean;
  /** See `BuiltOptions`. */
  readonly attest?: BuiltOptions["attest"];
}

/**
 * Publishes images of the store: all is planned and checked first, then come blobs, manifests by digest, and, when every
 * image is complete, immutable tags and rolling tags. Doing it again sends nothing and moves nothing; after a failure it
 * completes what is lacking.
 * Errors `TAG_INVALID`, `PUBLISH_COLLISION`, `PUBLISH_IMMUTABLE`, `PUBLISH_FOREIGN_CHANGE`, `PUBLISH_BLOB_MISSING`, and those of
 * registries and store.
 */
export async function publish(options: PublishOptions): Promise<PublishResult> {
  const started = performance.now();
  const plan = planPublish({ ...options, images: options.images.map(({ name }) => name) });
  await using publication = await Publication.open(plan, options);
  const states = await publication.inspect();
  const released = await publishBuilt(publication, states, options);
  return publishResult(publication, released, started, options.images);
}

export interface BuiltOptions extends Pick<PublicationOptions, "store" | "signal"> {
  readonly images: readonly PublishImage[];
  readonly dryRun?: boolean;
  readonly onlyChanged?: boolean;
  /** Documents about an image that has its digest; none unless given. */
  readonly attest?: ((image: ReleasedImage) => Promise<readonly Artifact[]>) | undefined;
  /** Leave the tags to another run, which is given the plan. */
  readonly tagsLater?: boolean;
}

/** The phases after the build: `states` are what `inspect` gave. */
export async function publishBuilt(
  publication: Publication,
  states: readonly ImageState[],
  options: BuiltOptions,
): Promise<readonly ReleasedImage[]> {
  const { dryRun = false, tagsLater = false, attest, signal } = options;
  if (dryRun) {
    const settled = await settleAll(await compareAll(publication, states, options), publication);
    return attest === undefined ? settled : publication.attest(settled, attest, { dryRun, keep: tagsLater });
  }
  const { destination } = publication;
  await using _alone = await destination.exclusively(signal);
  // What others did while we waited for a layout costs nothing to know; what they did to a registry is found out tag by tag.
  const fresh = destination.isRegistry ? states : await publication.inspect();
  const candidates = await compareAll(publication, fresh, options);
  await publication.proveWritable(candidates.filter((candidate) => !isPublished(candidate)));
  const sent = await publication.send(candidates, (image, begun) =>
    settleImage(image, publication.layers, begun),
  );
  const released = attest === undefined ? sent : await publication.attest(sent, attest, { keep: tagsLater });
  if (!tagsLater) await publication.moveTags(released);
  return released;
}

/** Error `PUBLISH_IMMUTABLE` before anything is compressed or sent. */
async function compareAll(
  publication: Publication,
  states: readonly ImageState[],
  { images, store, signal, onlyChanged = false }: BuiltOptions,
): Promise<readonly Candidate[]> {
  const { destination, layers, jobs } = publication;
  const built = new Map(images.map((image) => [image.name, image]));
  const pairs = states.flatMap((state) => {
    const image = built.get(state.plan.name);
    return image === undefined ? [] : [{ image, state }];
  });
  const candidates = await inParallel(pairs, jobs, signal, ({ image, state }, signal) =>
    compareImage(image, state, { destination, layers, blobs: store.blobs, onlyChanged }, signal),
  );
  checkImmutable(
    candidates.flatMap(({ conflicts }) => conflicts),
    (repository, tag) => destination.reference(repository, tag),
  );
  return candidates;
}

async function settleAll(
  candidates: readonly Candidate[],
  { layers }: Publication,
): Promise<readonly ReleasedImage[]> {
  const settled: ReleasedImage[] = [];
  for (const candidate of candidates) {
    settled.push({ ...candidate, release: await settleImage(candidate, layers) });
  }
  return settled;
}

/** `started`: milliseconds of `performance.now()`. */
export function publishResult(
  { plan, destination, counts }: Publication,
  images: readonly ReleasedImage[],
  started: number,
  built: readonly PublishImage[] = [],
): PublishResult {
  const said = new Map(built.map((image) => [image.name, [...(image.said ?? []), ...(image.added ?? [])]]));
  return {
    destination: plan.destination,
    facts: plan.facts,
    images: images.map((image) =>
      resultOf(image, destination.label(image.plan.repository), said.get(image.plan.name)),
    ),
    blobs: counts.counts,
    ms: Math.round(performance.now() - started),
  };
}

function resultOf(
  image: ReleasedImage,
  repository: string,
  said: readonly DefaultAnnotation[] = [],
): PublishedImage {
  const { plan, release } = image;
  const platforms = release.manifests.map(({ platform, document, imageId }) => {
    return { platform, digest: document.descriptor.digest, imageId };
  });
  const [only, ...others] = platforms;
  const { digest } = release.top.descriptor;
  return {
    name: plan.name,
    repository,
    digest,
    imageId: only !== undefined && others.length === 0 ? only.imageId : null,
    platforms,
    tags: publishedTags(image, digest),
    ...(image.attestations === undefined ? {} : { attestations: image.attestations }),
    annotations: shownAnnotations(release.top, said),
  };
}
