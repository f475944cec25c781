import type { Descriptor, Index, Manifest } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { ImageConfig } from "../oci/spec/image-config.ts";
import { isIndexType } from "../oci/spec/media-types.ts";
import { parseReference, repositoryName } from "../oci/spec/reference.ts";
import { parseImageConfig, parseIndex, parseManifest } from "../oci/image/image-view.ts";
import { isTsdockError } from "../errors/tsdock-error.ts";
import type { Document } from "./destination.ts";

/** One platform of an image, as the store or a registry has it. */
export interface ImageManifest {
  readonly document: Document;
  readonly value: Manifest;
  /** DiffIDs of the layers, lowest first. */
  readonly diffIds: readonly Digest[];
  readonly config: { readonly os: string; readonly architecture: string; readonly variant?: string };
}

export interface ImageDocuments {
  /** The manifest, or the index over several. */
  readonly top: Document;
  readonly index: Index | undefined;
  readonly manifests: readonly ImageManifest[];
}

/** Reads small content by what describes it. */
export type ReadDocument = (descriptor: Descriptor) => Promise<Uint8Array>;

/** Reads an image's manifests and configurations. Errors `IMAGE_INVALID` and those of `read`. */
export async function readImageDocuments(
  descriptor: Descriptor,
  read: ReadDocument,
): Promise<ImageDocuments> {
  const top = { descriptor, bytes: await read(descriptor) };
  if (!isIndexType(descriptor.mediaType)) {
    return { top, index: undefined, manifests: [await readManifest(top, read)] };
  }
  const index = parseIndex(top.bytes, descriptor);
  const manifests = await Promise.all(
    index.manifests.map(async (entry) => readManifest({ descriptor: entry, bytes: await read(entry) }, read)),
  );
  return { top, index, manifests };
}

async function readManifest(document: Document, read: ReadDocument): Promise<ImageManifest> {
  const value = parseManifest(document.bytes, document.descriptor);
  const config: ImageConfig = parseImageConfig(await read(value.config), value.config.digest);
  return { document, value, diffIds: config.rootfs.diff_ids, config };
}

/** `host/path` of the repository that an image says it was made from. */
export function baseRepository(manifest: Manifest): string | undefined {
  const name = manifest.annotations?.["org.opencontainers.image.base.name"];
  if (name === undefined) return undefined;
  try {
    return repositoryName(parseReference(name));
  } catch (error) {
    // A base that came from a directory or an archive.
    if (isTsdockError(error)) return undefined;
    throw error;
  }
}
