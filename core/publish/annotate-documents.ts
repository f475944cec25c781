import type { DefaultAnnotation } from "../graph/definition.ts";
import { imageAnnotations } from "../graph/image-annotations.ts";
import type { Index, Manifest } from "../oci/spec/descriptor.ts";
import { digestOf } from "../oci/spec/digest.ts";
import { canonicalJson } from "../util/json.ts";
import type { Document } from "./destination.ts";
import type { ImageDocuments, ImageManifest } from "./stored-image.ts";

/**
 * An image of the store with annotations that only a publish knows, on its manifests and its index; those that are there stay. Entries
 * of the index still name what the store has: `releaseImage` settles them.
 */
export function annotateDocuments(
  image: ImageDocuments,
  added: readonly DefaultAnnotation[],
): ImageDocuments {
  if (added.length === 0) return image;
  const manifests = image.manifests.map((manifest): ImageManifest => {
    const value = withAnnotations(manifest.value, added);
    return { ...manifest, value, document: documentOf(manifest.document, value) };
  });
  if (image.index === undefined) {
    const [only] = manifests;
    return { ...image, manifests, top: only?.document ?? image.top };
  }
  const index = withAnnotations(image.index, added);
  return { index, manifests, top: documentOf(image.top, index) };
}

function withAnnotations<T extends Manifest | Index>(value: T, described: readonly DefaultAnnotation[]): T {
  const declared = { manifest: value.annotations ?? {}, index: {}, descriptor: {} };
  return { ...value, annotations: imageAnnotations({ annotations: declared, described }, "manifest", {}) };
}

function documentOf({ descriptor }: Document, value: Manifest | Index): Document {
  const bytes = Buffer.from(canonicalJson(value));
  return { descriptor: { ...descriptor, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** What a published image says of itself, with where it was said; `said` are the declaration's own and the defaults. */
export function shownAnnotations(
  top: Document,
  said: readonly DefaultAnnotation[],
): readonly DefaultAnnotation[] {
  const { annotations = {} } = JSON.parse(Buffer.from(top.bytes).toString("utf8")) as Manifest | Index;
  return Object.entries(annotations).map(([name, value]) => {
    const known = said.find((one) => one.name === name && one.value === value);
    const source =
      known?.source ?? (name.startsWith("org.opencontainers.image.base.") ? "the base" : "published so");
    return { name, value, source };
  });
}
