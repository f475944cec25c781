import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor, Index } from "../spec/descriptor.ts";
import { isIndexType } from "../spec/media-types.ts";
import { familiarReference, parseReference } from "../spec/reference.ts";
import type { Blobs } from "../store/contract.ts";
import { parseLayoutIndex, refNameAnnotation } from "../store/layout-index.ts";
import type { ArchiveFiles, LoadedImage } from "./archive-contents.ts";
import { collectContent } from "./copy-image.ts";
import { containerdNameAnnotation } from "./docker-archive.ts";
import { parseIndex } from "./image-view.ts";

/** The images of an OCI image layout whose files are in `blobs`. Error `ARCHIVE_INVALID` where one is not complete. */
export async function readArchivedLayout(files: ArchiveFiles, blobs: Blobs): Promise<readonly LoadedImage[]> {
  const file = files.get("index.json");
  const text = file === undefined ? "" : Buffer.from(await blobs.read(file.digest)).toString("utf8");
  const found = new Map<string, { readonly descriptor: Descriptor; readonly names: string[] }>();
  for (const entry of parseLayoutIndex(text, "index.json of the archive").manifests) {
    const { annotations: _names, ...descriptor } = entry;
    const name = nameOf(entry);
    const known = found.get(entry.digest)?.names ?? [];
    found.set(entry.digest, { descriptor, names: name === undefined ? known : [...known, name] });
  }
  const images: LoadedImage[] = [];
  for (const image of found.values()) {
    images.push({ names: image.names, descriptor: await complete(image.descriptor, blobs) });
  }
  return images;
}

function nameOf(entry: Descriptor): string | undefined {
  const full = entry.annotations?.[containerdNameAnnotation];
  return full === undefined
    ? entry.annotations?.[refNameAnnotation]
    : familiarReference(parseReference(full));
}

/**
 * The descriptor of what is really there. An engine that pulled one platform of several saves the whole index and that
 * one image: then it is the image itself, or an index of the images that are there.
 */
async function complete(descriptor: Descriptor, blobs: Blobs): Promise<Descriptor> {
  requireBlob(descriptor, blobs);
  const present = isIndexType(descriptor.mediaType) ? await presentImages(descriptor, blobs) : descriptor;
  for (const content of (await collectContent([present], blobs)).values()) requireBlob(content, blobs);
  return present;
}

async function presentImages(descriptor: Descriptor, blobs: Blobs): Promise<Descriptor> {
  const index = parseIndex(await blobs.read(descriptor.digest), descriptor);
  const manifests = index.manifests.filter((entry) => blobs.has(entry.digest));
  if (manifests.length === index.manifests.length) return descriptor;
  const [only, ...others] = manifests;
  if (only === undefined) throw incomplete(descriptor);
  if (others.length === 0) return only;
  const reduced: Index = { ...index, manifests };
  const text = JSON.stringify(reduced);
  return { ...descriptor, digest: await blobs.put(text), size: Buffer.byteLength(text) };
}

function requireBlob(descriptor: Descriptor, blobs: Blobs): void {
  const size = blobs.size(descriptor.digest);
  if (size === undefined) throw incomplete(descriptor);
  if (size === descriptor.size) return;
  throw new TsdockError(
    "IMAGE_INVALID",
    `${descriptor.digest} has ${size} bytes, and the image says ${descriptor.size}`,
    {
      hint: "the archive is damaged or made by a broken tool",
    },
  );
}

const incomplete = (descriptor: Descriptor): TsdockError =>
  new TsdockError("ARCHIVE_INVALID", `the archive is not complete: it lacks ${descriptor.digest}`, {
    hint: "it is damaged or cut: save it again",
  });
