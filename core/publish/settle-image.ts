import type { DefaultAnnotation } from "../graph/definition.ts";
import type { GrowingSource } from "../oci/registry/push-growing.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { Blobs } from "../oci/store/contract.ts";
import { annotateDocuments } from "./annotate-documents.ts";
import type { PublishedLayers } from "./compressed-layers.ts";
import type { Destination, Document } from "./destination.ts";
import type { ImageState } from "./inspect-destination.ts";
import type { PlannedImage } from "./plan/publish-plan.ts";
import { basesOf, layersToCompress, type ReleaseImage, releaseImage } from "./release-image.ts";
import { adoptPublished, reusePublished } from "./reuse-published.ts";
import { type ImageDocuments, readImageDocuments } from "./stored-image.ts";

/** An image of the store to be published. */
export interface PublishImage {
  readonly name: string;
  /** Of the manifest or index in the store. */
  readonly descriptor: Descriptor;
  /** `host/path` of bases besides those that its manifests name. */
  readonly bases?: readonly string[];
  /** Annotations that it gets where it has none of the name. */
  readonly added?: readonly DefaultAnnotation[];
  /** Where its annotations come from. */
  readonly said?: readonly DefaultAnnotation[];
}

/** What is known of one image after it was built and the destination was asked. */
export interface Candidate extends ImageState {
  readonly documents: ImageDocuments;
  readonly bases: readonly string[];
  /** As it will be published; undefined while layers have to be compressed first. */
  readonly release: ReleaseImage | undefined;
  /** Immutable tags that mean another image. */
  readonly conflicts: readonly TagConflict[];
}

export interface TagConflict {
  readonly plan: PlannedImage;
  readonly tag: string;
  readonly published: Descriptor;
  readonly publishedIds: readonly Digest[];
  readonly ourIds: readonly Digest[];
}

export interface SettleOptions {
  /** Leave alone what is published under one of the wanted tags already, whatever other tags it would get. */
  readonly onlyChanged: boolean;
  readonly destination: Destination;
  readonly layers: PublishedLayers;
  readonly blobs: Blobs;
}

/** Finds out what can be known without compressing anything: whether what is published is this image, or must not be replaced by it. */
export async function compareImage(
  image: PublishImage,
  state: ImageState,
  options: SettleOptions,
  signal: AbortSignal,
): Promise<Candidate> {
  const { destination, layers, blobs } = options;
  const stored = await readImageDocuments(image.descriptor, ({ digest }) => blobs.read(digest));
  const documents = annotateDocuments(stored, image.added ?? []);
  const bases = basesOf(documents, image.bases ?? []);
  const ours = releaseImage(documents, (diffId) => layers.known(diffId, bases));
  // Several tags may mean one manifest: it is read once.
  const manifests = new Map<Digest, Promise<Document>>();
  const read = (descriptor: Descriptor): Promise<Document> => {
    const { digest } = descriptor;
    const document =
      manifests.get(digest) ?? destination.readManifest(state.plan.repository, descriptor, signal);
    manifests.set(digest, document);
    return document;
  };
  const immutable = await compareImmutable(state, documents, ours, read);
  const unchanged = options.onlyChanged ? await findUnchanged(state, documents, read) : undefined;
  if (unchanged !== undefined) return { ...unchanged, documents, bases, conflicts: immutable.conflicts };
  const release = immutable.adopted ?? (await findRolling(state, documents, ours, read)) ?? ours;
  return { ...state, documents, bases, release, conflicts: immutable.conflicts };
}

type ReadManifest = (descriptor: Descriptor) => Promise<Document>;

/** An immutable tag that has the same image settles its digest, whatever else its manifest says. */
async function compareImmutable(
  { plan, tags }: ImageState,
  documents: ImageDocuments,
  ours: ReleaseImage | undefined,
  read: ReadManifest,
): Promise<{ readonly adopted: ReleaseImage | undefined; readonly conflicts: readonly TagConflict[] }> {
  let adopted: ReleaseImage | undefined;
  const conflicts: TagConflict[] = [];
  for (const { tag, class: kind, now, skip } of tags) {
    if (kind !== "immutable" || now === undefined || skip) continue;
    const expected = adopted ?? ours;
    if (now.digest === expected?.top.descriptor.digest) {
      adopted = expected;
      continue;
    }
    const there = await adoptPublished(documents, await read(now), read);
    if (there.release !== undefined && adopted === undefined) adopted = there.release;
    else {
      const ourIds = documents.manifests.map(({ value }) => value.config.digest);
      conflicts.push({ plan, tag, published: now, publishedIds: there.imageIds, ourIds });
    }
  }
  return { adopted, conflicts };
}

/** The same image as one of the rolling tags has it, if one does. */
async function findRolling(
  { tags }: ImageState,
  documents: ImageDocuments,
  ours: ReleaseImage | undefined,
  read: ReadManifest,
): Promise<ReleaseImage | undefined> {
  const distinct = new Map(
    tags.flatMap(({ now, skip }) => (now === undefined || skip ? [] : [[now.digest, now]])),
  );
  if (ours !== undefined && distinct.has(ours.top.descriptor.digest)) return ours;
  for (const descriptor of distinct.values()) {
    const reused = await reusePublished(documents, await read(descriptor), read);
    if (reused !== undefined) return reused;
  }
  return undefined;
}

/** For `--only-changed`: the image as one of its tags has it; the other tags stay where they are. */
async function findUnchanged(
  { plan, tags }: ImageState,
  documents: ImageDocuments,
  read: ReadManifest,
): Promise<(ImageState & { readonly release: ReleaseImage }) | undefined> {
  for (const { tag, now } of tags) {
    if (now === undefined) continue;
    const { release } = await adoptPublished(documents, await read(now), read);
    if (release === undefined) continue;
    const reason = `unchanged: ${tag} is this image`;
    const { digest } = release.top.descriptor;
    return {
      plan,
      release,
      tags: tags.map((one) => (one.now?.digest === digest ? one : { ...one, skip: true, reason })),
    };
  }
  return undefined;
}

/** Compresses what is lacking: afterwards the image has its digest. `begun` gets each layer as soon as there is anything of it. */
export async function settleImage(
  candidate: Candidate,
  layers: PublishedLayers,
  begun?: (diffId: Digest, growing: GrowingSource) => void,
): Promise<ReleaseImage> {
  const { documents, bases, release } = candidate;
  if (release !== undefined) return release;
  const made = new Map<string, Descriptor>();
  const describe = (diffId: Parameters<typeof layers.known>[0]) =>
    layers.known(diffId, bases) ?? made.get(diffId);
  // One after the other: compressing uses all cores already.
  for (const diffId of layersToCompress(documents, describe)) {
    const descriptor = await layers.compress(diffId, (growing) => begun?.(diffId, growing));
    made.set(diffId, descriptor);
  }
  const settled = releaseImage(documents, describe);
  if (settled === undefined) throw new Error("a layer was compressed and is not known");
  return settled;
}

/** Whether all is there and every tag that is to mean it does. */
export const isPublished = ({ tags, release }: Candidate): boolean =>
  release !== undefined &&
  tags.some(({ skip }) => !skip) &&
  tags.every(({ now, skip }) => skip || now?.digest === release.top.descriptor.digest);
