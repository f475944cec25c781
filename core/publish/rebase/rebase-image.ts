import { TsdockError } from "../../errors/tsdock-error.ts";
import { baseAnnotations, withoutBase } from "../../graph/image-annotations.ts";
import type { Descriptor, Manifest } from "../../oci/spec/descriptor.ts";
import { digestOf } from "../../oci/spec/digest.ts";
import type { History, ImageConfig } from "../../oci/spec/image-config.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import { canonicalJson } from "../../util/json.ts";
import type { Document } from "../destination.ts";
import { inheritConfig } from "./inherit-config.ts";

/** One platform of an image as it is published. */
export interface PublishedPlatform {
  readonly manifest: Manifest;
  readonly config: ImageConfig;
}

export interface RebaseInput {
  /** For messages. */
  readonly name: string;
  readonly image: PublishedPlatform;
  readonly before: PublishedPlatform;
  readonly after: PublishedPlatform;
  /** What the annotations of the new manifest say of its base. */
  readonly base: { readonly name: string; readonly digest: string };
}

export interface RebasedImage {
  readonly manifest: Document;
  readonly config: Document;
  readonly value: Manifest;
  /** Layers of the image's own, lowest first: they are as they were. */
  readonly own: readonly Descriptor[];
  readonly ownHistory: readonly History[];
}

/**
 * The image with the layers of another base below its own (OCI image-spec, config.md and manifest.md). Nothing is built:
 * its own layers stay as they are, byte for byte. Equal input gives equal bytes.
 * Error `REBASE_MISMATCH` where the image does not begin with the layers of the old base, or the platforms differ.
 */
export function rebaseImage({ name, image, before, after, base }: RebaseInput): RebasedImage {
  checkPlatform(name, image.config, after.config);
  const count = before.config.rootfs.diff_ids.length;
  const own = ownLayers(name, image, before);
  const lines = ownHistory(image.config.history ?? [], before.config.history ?? [], count);
  const config: ImageConfig = {
    ...image.config,
    config: inheritConfig(image.config.config ?? {}, before.config.config ?? {}, after.config.config ?? {}),
    rootfs: {
      type: "layers",
      diff_ids: [...after.config.rootfs.diff_ids, ...image.config.rootfs.diff_ids.slice(count)],
    },
    history: [...(after.config.history ?? []), ...lines],
  };
  const configDocument = documentOf(config, image.manifest.config.mediaType);
  const value: Manifest = {
    ...image.manifest,
    config: { ...image.manifest.config, ...placeOf(configDocument) },
    layers: [...after.manifest.layers, ...own],
    annotations: { ...withoutBase(image.manifest.annotations), ...baseAnnotations(base) },
  };
  return {
    manifest: documentOf(value, image.manifest.mediaType),
    config: configDocument,
    value,
    own,
    ownHistory: lines,
  };
}

function documentOf(value: object, mediaType: string): Document {
  // The one text of what it says, as a build writes it: the same image has the same digest whoever made it.
  const bytes = Buffer.from(canonicalJson(value));
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

const placeOf = ({ descriptor: { digest, size } }: Document) => ({ digest, size });

function checkPlatform(name: string, image: ImageConfig, after: ImageConfig): void {
  const [own, other] = [formatPlatform(image), formatPlatform(after)];
  if (own === other) return;
  throw new TsdockError("REBASE_MISMATCH", `${name} is for ${own}, and the new base for ${other}`, {
    hint: "name a base that has the platforms of the image",
  });
}

function ownLayers(name: string, image: PublishedPlatform, before: PublishedPlatform): readonly Descriptor[] {
  const base = before.config.rootfs.diff_ids;
  const layers = image.config.rootfs.diff_ids;
  const at = base.findIndex((diffId, index) => layers[index] !== diffId);
  if (at < 0) return image.manifest.layers.slice(base.length);
  throw new TsdockError("REBASE_MISMATCH", `${name} does not lie on that base`, {
    details: `layer ${at + 1} is ${layers[at] ?? "not there"}, and the base has ${base[at] ?? ""}`,
    hint: "name the base that it was built on with --old-base; its annotation org.opencontainers.image.base.digest says which",
  });
}

/**
 * The image's own lines: those after its base's. Where the base's do not come first, some tool wrote others, and the
 * lines up to its last layer are taken for its.
 */
function ownHistory(
  history: readonly History[],
  base: readonly History[],
  layers: number,
): readonly History[] {
  const isPrefix = base.every((line, index) => canonicalJson(line) === canonicalJson(history[index] ?? {}));
  if (base.length > 0 && isPrefix) return history.slice(base.length);
  let seen = 0;
  let at = 0;
  while (seen < layers && at < history.length) {
    if (history[at]?.empty_layer !== true) seen += 1;
    at += 1;
  }
  return history.slice(at);
}
