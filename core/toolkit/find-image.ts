import path from "node:path";
import { platformHint } from "../graph/platform-hint.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { type ImageView, parseIndex, readImage } from "../oci/image/image-view.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import { familiarReference, parseReference, withDefaultTag } from "../oci/spec/reference.ts";
import { hostPlatform, isKnownPlatform, parsePlatform, type Platform } from "../oci/spec/platform.ts";
import { isIndexType } from "../oci/spec/media-types.ts";
import { platformMissing, selectPlatform } from "../oci/spec/select-platform.ts";
import type { Store } from "../oci/store/store.ts";
import type { Host } from "./host.ts";
import { imageHint } from "./near-images.ts";

/** An image of the store, found by whatever was typed. */
export interface FoundImage {
  /** `NAME:TAG`; undefined where it was found by its id. */
  readonly name: string | undefined;
  /** What the name points to: a manifest or an index. */
  readonly descriptor: Descriptor;
}

/** `NAME` → `NAME:latest`, in the short form that the store uses. Error `REFERENCE_INVALID`. */
export const storeName = (text: string): string => familiarReference(withDefaultTag(parseReference(text)));

const isId = (text: string): boolean => /^(sha256:)?[a-f0-9]{12,64}$/.test(text);

/** By name, else by id or digest (12 digits or more). */
export async function findStored(store: Store, text: string): Promise<FoundImage | undefined> {
  const images = store.images.list();
  const name = isId(text) && text.startsWith("sha256:") ? undefined : storeName(text);
  const named = images.find((image) => image.name === name);
  if (named !== undefined) return { name: named.name, descriptor: named.descriptor };
  if (!isId(text)) return undefined;
  const prefix = text.startsWith("sha256:") ? text : `sha256:${text}`;
  for (const { descriptor } of images) {
    if (descriptor.digest.startsWith(prefix)) return { name: undefined, descriptor };
    if ((await idsOf(store, descriptor)).some((id) => id.startsWith(prefix)))
      return { name: undefined, descriptor };
  }
  return undefined;
}

async function idsOf(store: Store, descriptor: Descriptor): Promise<readonly string[]> {
  const manifests = await manifestsOf(store, descriptor);
  return manifests.map((view) => view.manifest.config.digest);
}

/** Every platform's image below a name. */
export async function manifestsOf(store: Store, descriptor: Descriptor): Promise<readonly ImageView[]> {
  if (!isIndexType(descriptor.mediaType)) return [await readImage(store.blobs, descriptor, hostPlatform())];
  const { manifests } = parseIndex(await store.blobs.read(descriptor.digest), descriptor);
  // A pulled index names platforms that were not pulled with it.
  const present = manifests.filter((entry) => store.blobs.has(entry.digest));
  return (await Promise.all(present.map((entry) => manifestsOf(store, entry)))).flat();
}

/** A reference that is no name of the store: `oci:DIR[:TAG]` and `docker-archive:FILE` are read into it. */
export async function importReference(
  store: Store,
  text: string,
  host: Host,
): Promise<FoundImage | undefined> {
  if (text.startsWith("oci:")) {
    const { directory, tag } = splitLayout(text.slice(4));
    const [{ LayoutReader }, { copyImages }] = await Promise.all([
      import("../oci/image/layout-reader.ts"),
      import("../oci/image/copy-image.ts"),
    ]);
    const reader = LayoutReader.open(path.resolve(host.cwd, directory));
    const descriptor = reader.find(tag);
    await copyImages([descriptor], reader, store.blobs, { signal: host.signal });
    return { name: undefined, descriptor };
  }
  if (text.startsWith("docker-archive:")) {
    const file = path.resolve(host.cwd, text.slice("docker-archive:".length));
    const [{ readArchive }, { findImage }, { openFile }] = await Promise.all([
      import("../oci/image/archive-reader.ts"),
      import("../oci/image/layout-reader.ts"),
      import("../util/open-file.ts"),
    ]);
    const images = await readArchive(openFile(file), store.blobs, host.signal);
    const entries = images.map(({ names, descriptor }) => ({ name: names[0], descriptor }));
    return { name: undefined, descriptor: findImage(entries, undefined, file) };
  }
  return undefined;
}

/** `DIR` or `DIR:TAG`; names of layouts are `NAME:TAG`, so the directory ends at the first colon. */
export function splitLayout(text: string): { readonly directory: string; readonly tag: string | undefined } {
  const at = text.indexOf(":");
  return at < 0
    ? { directory: text, tag: undefined }
    : { directory: text.slice(0, at), tag: text.slice(at + 1) };
}

export async function requireStored(store: Store, text: string, host: Host): Promise<FoundImage> {
  const found = (await importReference(store, text, host)) ?? (await findStored(store, text));
  if (found !== undefined) return found;
  throw new TsdockError("IMAGE_NOT_FOUND", `there is no image ${text} in the store`, {
    hint: imageHint(
      store,
      text,
      "tsdock image ls shows what there is; tsdock build or tsdock image pull brings more",
    ),
  });
}

/** The platform asked for, else that of this machine. Error `PLATFORM_INVALID`. */
export function platformOrHost(text: string | undefined): Platform {
  if (text === undefined) return hostPlatform();
  const platform = parsePlatform(text);
  if (platform !== undefined && isKnownPlatform(platform)) return platform;
  throw new TsdockError("PLATFORM_INVALID", `${text} is no platform`, { hint: platformHint(platform) });
}

/**
 * The image of one platform; an image that exists for one platform only is that one, unless another was asked for. Error
 * `PLATFORM_MISSING`.
 */
export async function viewOf(
  store: Store,
  found: FoundImage,
  platform: string | undefined,
): Promise<ImageView> {
  const views = platform === undefined ? await manifestsOf(store, found.descriptor) : [];
  const [only] = views;
  if (views.length === 1 && only !== undefined) return only;
  const wanted = platformOrHost(platform);
  const view = await readImage(store.blobs, found.descriptor, wanted);
  if (platform !== undefined && !isIndexType(found.descriptor.mediaType)) {
    const { os, architecture, variant } = view.config;
    const own = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    const entries = [{ ...found.descriptor, platform: own }];
    if (selectPlatform(entries, wanted) === undefined)
      throw platformMissing(found.name ?? found.descriptor.digest, entries, wanted);
  }
  return view;
}
