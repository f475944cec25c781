import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Blobs } from "../oci/store/contract.ts";
import type { PublishedLayers } from "./compressed-layers.ts";
import type { Destination } from "./destination.ts";
import type { PlannedImage } from "./plan-publish.ts";
import { basesOf, layersToCompress, type ReleaseImage, releaseImage } from "./release-image.ts";
import { reusePublished } from "./reuse-published.ts";
import { type ImageDocuments, readImageDocuments } from "./stored-image.ts";

/** An image of the store to be published. */
export interface PublishImage {
  readonly name: string;
  /** Of the manifest or index in the store, with uncompressed layers. */
  readonly descriptor: Descriptor;
  /** `host/path` of bases besides those that its manifests name. */
  readonly bases?: readonly string[];
}

/** What is known of one image after the destination was asked. */
export interface Candidate {
  readonly plan: PlannedImage;
  readonly documents: ImageDocuments;
  readonly bases: readonly string[];
  /** What each wanted tag means now, in the order of the plan. */
  readonly tags: readonly (Descriptor | undefined)[];
  /** As it will be published; undefined while layers have to be compressed first. */
  readonly release: ReleaseImage | undefined;
}

export interface SettleOptions {
  readonly destination: Destination;
  readonly layers: PublishedLayers;
  readonly blobs: Blobs;
}

/** Reads what a destination has under the wanted tags and finds out what can be known without compressing anything. */
export async function inspectImage(
  image: PublishImage,
  plan: PlannedImage,
  options: SettleOptions,
  signal: AbortSignal,
): Promise<Candidate> {
  const { destination, layers, blobs } = options;
  const documents = await readImageDocuments(image.descriptor, ({ digest }) => blobs.read(digest));
  const bases = basesOf(documents, image.bases ?? []);
  const tags = await Promise.all(
    plan.tags.map(({ tag }) => destination.readTag(plan.repository, tag, signal)),
  );
  const ours = releaseImage(documents, (diffId) => layers.known(diffId, bases));
  const candidate = { plan, documents, bases, tags, release: ours };
  const same = tags.some((tag) => tag !== undefined && tag.digest === ours?.top.descriptor.digest);
  if (same) return candidate;
  return { ...candidate, release: (await findPublished(candidate, destination, signal)) ?? ours };
}

/** The same image as one of the wanted tags has it, if one does. */
async function findPublished(
  { plan, documents, tags }: Candidate,
  destination: Destination,
  signal: AbortSignal,
): Promise<ReleaseImage | undefined> {
  const distinct = new Map(tags.flatMap((tag) => (tag === undefined ? [] : [[tag.digest, tag]])));
  const read = (descriptor: Descriptor) => destination.readManifest(plan.repository, descriptor, signal);
  for (const descriptor of distinct.values()) {
    const reused = await reusePublished(documents, await read(descriptor), read);
    if (reused !== undefined) return reused;
  }
  return undefined;
}

/** Compresses what is lacking: afterwards the image has its digest. */
export async function settleImage(candidate: Candidate, layers: PublishedLayers): Promise<ReleaseImage> {
  const { documents, bases, release } = candidate;
  if (release !== undefined) return release;
  const made = new Map<string, Descriptor>();
  const describe = (diffId: Parameters<typeof layers.known>[0]) =>
    layers.known(diffId, bases) ?? made.get(diffId);
  // One after the other: compressing uses all cores already.
  for (const diffId of layersToCompress(documents, describe)) made.set(diffId, await layers.compress(diffId));
  const settled = releaseImage(documents, describe);
  if (settled === undefined) throw new Error("a layer was compressed and is not known");
  return settled;
}

/** Whether all is there and every tag points to it. */
export const isPublished = ({ tags, release }: Candidate): boolean =>
  release !== undefined &&
  tags.length > 0 &&
  tags.every((tag) => tag?.digest === release.top.descriptor.digest);
