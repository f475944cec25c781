import { parseImageConfig, parseIndex, parseManifest } from "../../oci/image/image-view.ts";
import type { Descriptor, Index } from "../../oci/spec/descriptor.ts";
import { isIndexType } from "../../oci/spec/media-types.ts";
import type { Platform } from "../../oci/spec/platform.ts";
import { platformMissing, selectPlatform } from "../../oci/spec/select-platform.ts";
import type { Document } from "../destination.ts";
import type { ImageOrigin } from "../promote/image-origin.ts";
import type { PublishedPlatform } from "./rebase-image.ts";

/** A published image with the manifests and configurations of its platforms; layers are not read. */
export interface PublishedImageDocuments {
  readonly top: Document;
  /** Absent where the name means a manifest. */
  readonly index: Index | undefined;
  readonly platforms: readonly PublishedPlatform[];
}

export async function readPlatforms(
  origin: ImageOrigin,
  signal: AbortSignal,
): Promise<PublishedImageDocuments> {
  const top = await origin.top(signal);
  if (!isIndexType(top.descriptor.mediaType)) {
    return { top, index: undefined, platforms: [await readPlatform(top, origin, signal)] };
  }
  const index = parseIndex(top.bytes, top.descriptor);
  const platforms = await Promise.all(
    index.manifests.map(async (entry) => readPlatform(await origin.document(entry, signal), origin, signal)),
  );
  return { top, index, platforms };
}

/** The platform of an image that another image's platform needs. Error `PLATFORM_MISSING`. */
export async function readPlatformFor(
  origin: ImageOrigin,
  platform: Platform,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly top: Document; readonly platform: PublishedPlatform }> {
  const top = await origin.top(signal);
  if (!isIndexType(top.descriptor.mediaType)) {
    return { top, platform: await readPlatform(top, origin, signal) };
  }
  const { manifests } = parseIndex(top.bytes, top.descriptor);
  const entry = selectPlatform(manifests, platform);
  if (entry === undefined) throw platformMissing(name, manifests, platform);
  return { top, platform: await readPlatform(await origin.document(entry, signal), origin, signal) };
}

async function readPlatform(
  { descriptor, bytes }: Document,
  origin: ImageOrigin,
  signal: AbortSignal,
): Promise<PublishedPlatform> {
  const manifest = parseManifest(bytes, descriptor);
  const config = parseImageConfig(await readBlob(origin, manifest.config, signal), manifest.config.digest);
  return { manifest, config };
}

/** A configuration, whole; the origin verifies it. */
async function readBlob(
  origin: ImageOrigin,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of origin.blob(descriptor, signal).open(0)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
