import fs from "node:fs";
import path from "node:path";
import type { Descriptor } from "../spec/descriptor.ts";
import { type Digest, hexOf } from "../spec/digest.ts";
import { mediaTypes } from "../spec/media-types.ts";
import { BlobFiles } from "../store/blob-files.ts";
import { LayoutIndex, layoutVersion } from "../store/layout-index.ts";
import { namedEntry, withNames } from "../store/named-images.ts";
import { storeError } from "../store/store-error.ts";
import { abandonedTemps, TempFiles } from "../store/temp-files.ts";
import { replaceFileDurably } from "../store/write-atomically.ts";
import { type ContentSource, collectContent, copyImages } from "./copy-image.ts";
import type { DocumentSource } from "./image-view.ts";
import { type ArchiveMember, writeTar } from "./tar-stream.ts";

/** An image to be written, by the name that it gets. */
export interface NamedImage {
  /** `NAME:TAG`. */
  readonly name: string;
  readonly descriptor: Descriptor;
}

const tempPrefix = ".tsdock-";

/**
 * Writes images into an OCI image layout, which may exist: content first, then the names, all at once. Other images in
 * it stay. Several processes may do so at the same time.
 * Errors `LAYOUT_INVALID`, `STORE_UNWRITABLE`, `DISK_FULL`, and those of the source.
 */
export async function writeLayout(
  directory: string,
  images: readonly NamedImage[],
  source: ContentSource,
  signal?: AbortSignal,
): Promise<void> {
  const blobs = path.join(directory, "blobs", "sha256");
  try {
    fs.mkdirSync(blobs, { recursive: true });
    for (const left of abandonedTemps(directory, tempPrefix))
      fs.rmSync(left, { recursive: true, force: true });
  } catch (error) {
    throw storeError(error, directory);
  }
  await using temps = new TempFiles(directory, tempPrefix);
  const index = new LayoutIndex(directory, path.join(directory, ".tsdock.lock"), temps);
  index.read();
  const options = signal === undefined ? {} : { signal };
  await copyImages(
    images.map((image) => image.descriptor),
    source,
    new BlobFiles(blobs, temps),
    options,
  );
  const marker = path.join(directory, "oci-layout");
  if (!fs.existsSync(marker)) await replaceFileDurably(temps, marker, layoutMarker);
  await index.update((current) => withNames(current, images, false), signal);
}

export const layoutMarker = JSON.stringify({ imageLayoutVersion: layoutVersion });

/** The same as one tar, as `oci-archive:` of other tools reads it. Equal images give equal bytes. */
export async function* layoutArchive(
  images: readonly NamedImage[],
  source: ContentSource & DocumentSource,
): AsyncGenerator<Uint8Array> {
  const entries = images.map(({ name, descriptor }) => namedEntry(name, descriptor));
  yield* writeTar(await layoutMembers(entries, source, []));
}

/** The members of a layout and `extra` ones, sorted by name. */
export async function layoutMembers(
  entries: readonly Descriptor[],
  source: ContentSource & DocumentSource,
  extra: readonly ArchiveMember[],
): Promise<readonly ArchiveMember[]> {
  const content = await collectContent(entries, source);
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: entries };
  const members: ArchiveMember[] = [
    { path: "blobs", type: "directory" },
    { path: "blobs/sha256", type: "directory" },
    ...[...content.values()].map(({ digest, size }): ArchiveMember => {
      return { path: blobPath(digest), type: "file", size, open: () => source.open(digest) };
    }),
    textMember("index.json", JSON.stringify(index)),
    textMember("oci-layout", layoutMarker),
    ...extra,
  ];
  return members.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export const blobPath = (digest: Digest): string => `blobs/sha256/${hexOf(digest)}`;

export function textMember(name: string, text: string): ArchiveMember {
  const bytes = Buffer.from(text);
  return { path: name, type: "file", size: bytes.byteLength, open: () => once(bytes) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
