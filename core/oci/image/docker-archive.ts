import type { Descriptor } from "../spec/descriptor.ts";
import { formatReference, parseReference, withDefaultTag } from "../spec/reference.ts";
import { namedEntry } from "../store/named-images.ts";
import type { ContentSource } from "./copy-image.ts";
import type { DocumentSource, ImageView } from "./image-view.ts";
import { blobPath, layoutMembers, textMember } from "./layout-writer.ts";
import { type ArchiveMember, writeTar } from "./tar-stream.ts";

/** An image of one platform with the names that it has in the archive. */
export interface ArchivedImage {
  /** `NAME:TAG`; none for an image that is found by its id only. */
  readonly names: readonly string[];
  readonly image: Pick<ImageView, "descriptor" | "manifest">;
}

/** The name that containerd's importers look at, complete with its registry. */
export const containerdNameAnnotation = "io.containerd.image.name";

/**
 * The bytes of an archive that `docker load` takes: docker's `manifest.json` for every engine since 1.10, and an OCI
 * image layout in the same tar for those since 25. Equal images give equal bytes, which are made while they are read.
 */
export async function* dockerArchive(
  images: readonly ArchivedImage[],
  source: ContentSource & DocumentSource,
): AsyncGenerator<Uint8Array> {
  const manifests = images.map(({ names, image: { manifest } }) => ({
    Config: blobPath(manifest.config.digest),
    RepoTags: names.length === 0 ? null : names,
    Layers: manifest.layers.map((layer) => blobPath(layer.digest)),
  }));
  const entries = images.flatMap(({ names, image: { descriptor } }) =>
    names.length === 0 ? [descriptor] : names.map((name) => entryOf(name, descriptor)),
  );
  yield* writeTar(
    await layoutMembers(entries, source, [textMember("manifest.json", JSON.stringify(manifests))]),
  );
}

/**
 * The same for one image without its lowest `known` layers, for engines that have those: they look a layer up before they
 * look into the archive. No image layout is in it, since that would not be whole.
 */
export async function* partialDockerArchive(
  { names, image: { manifest } }: ArchivedImage,
  known: number,
  source: ContentSource,
): AsyncGenerator<Uint8Array> {
  const layers = manifest.layers.map((layer) => blobPath(layer.digest));
  const document = { Config: blobPath(manifest.config.digest), RepoTags: names, Layers: layers };
  const members = [manifest.config, ...manifest.layers.slice(known)].map(
    ({ digest, size }): ArchiveMember => ({
      path: blobPath(digest),
      type: "file",
      size,
      open: () => source.open(digest),
    }),
  );
  const unique = new Map(members.map((member) => [member.path, member]));
  yield* writeTar([...unique.values(), textMember("manifest.json", JSON.stringify([document]))]);
}

function entryOf(name: string, descriptor: Descriptor): Descriptor {
  const entry = namedEntry(name, descriptor);
  const complete = formatReference(withDefaultTag(parseReference(name)));
  return { ...entry, annotations: { [containerdNameAnnotation]: complete, ...entry.annotations } };
}
