import { parseIndex, parseManifest } from "../../oci/image/image-view.ts";
import type { Descriptor } from "../../oci/spec/descriptor.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import { isIndexType } from "../../oci/spec/media-types.ts";
import type { Destination, Document } from "../destination.ts";
import { inParallel } from "../in-parallel.ts";
import type { BlobTally } from "../push-image.ts";
import type { ImageOrigin } from "./image-origin.ts";

export interface CopyOptions {
  readonly origin: ImageOrigin;
  readonly destination: Destination;
  /** Of the destination. */
  readonly repository: string;
  readonly counts: BlobTally;
  /** Transfers at the same time. */
  readonly jobs: number;
}

/** What came along with an image. */
export interface CopiedExtras {
  readonly referrers: readonly Digest[];
  /** Tags of the destination's repository: cosign's. */
  readonly companions: readonly { readonly tag: string; readonly document: Document }[];
}

/** Brings an image to a repository under no tag, byte for byte: blobs, manifests, then the index over them. */
export async function copyDocument(
  document: Document,
  options: CopyOptions,
  signal: AbortSignal,
): Promise<void> {
  const { origin, destination, repository } = options;
  const { descriptor, bytes } = document;
  if (await destination.hasManifest(repository, descriptor, signal)) return;
  if (isIndexType(descriptor.mediaType)) {
    for (const child of parseIndex(bytes, descriptor).manifests) {
      await copyDocument(await origin.document(child, signal), options, signal);
    }
  } else {
    const { config, layers } = parseManifest(bytes, descriptor);
    await copyBlobs([...layers, config], options, signal);
  }
  await destination.putManifest(repository, document, signal);
}

async function copyBlobs(
  blobs: readonly Descriptor[],
  { origin, destination, repository, counts, jobs }: CopyOptions,
  signal: AbortSignal,
): Promise<void> {
  const distinct = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
  await inParallel(distinct, jobs, signal, async (descriptor, signal) => {
    const outcome = await destination.putBlob(
      repository,
      {
        descriptor,
        repositories: origin.repository === undefined ? [] : [origin.repository],
        source: origin.blob(descriptor, signal),
      },
      signal,
    );
    counts.add(outcome, descriptor.size);
  });
}

/** Every manifest of an image: the index and those below it. */
export async function documentsOf(
  top: Document,
  origin: ImageOrigin,
  signal: AbortSignal,
): Promise<readonly Document[]> {
  if (!isIndexType(top.descriptor.mediaType)) return [top];
  const { manifests } = parseIndex(top.bytes, top.descriptor);
  const below = await Promise.all(manifests.map((child) => origin.document(child, signal)));
  return [top, ...below];
}

/**
 * What refers to an image and to its platforms: signatures, bills of material, provenance, and what refers to those.
 * They are there before any tag says that the image is.
 */
export async function copyExtras(
  top: Document,
  options: CopyOptions,
  signal: AbortSignal,
): Promise<CopiedExtras> {
  const { origin, destination, repository } = options;
  const referrers: Digest[] = [];
  const companions: CopiedExtras["companions"][number][] = [];
  const waiting = (await documentsOf(top, origin, signal)).map(({ descriptor }) => descriptor.digest);
  const seen = new Set(waiting);
  for (let subject = waiting.shift(); subject !== undefined; subject = waiting.shift()) {
    for (const entry of await origin.referrers(subject, signal)) {
      if (seen.has(entry.digest)) continue;
      seen.add(entry.digest);
      const document = await origin.document(entry, signal);
      if (!isIndexType(entry.mediaType)) {
        const { config, layers } = parseManifest(document.bytes, document.descriptor);
        await copyBlobs([...layers, config], options, signal);
      }
      await destination.putReferrer(repository, document, subject, signal);
      referrers.push(entry.digest);
      waiting.push(entry.digest);
    }
    for (const companion of await origin.companions(subject, signal)) {
      await copyDocument(companion.document, options, signal);
      companions.push(companion);
    }
  }
  return { referrers, companions };
}
