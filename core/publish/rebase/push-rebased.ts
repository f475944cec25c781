import { commonAnnotations, onlyBase, withoutBase } from "../../graph/image-annotations.ts";
import type { Descriptor, Index } from "../../oci/spec/descriptor.ts";
import { digestOf } from "../../oci/spec/digest.ts";
import { canonicalJson } from "../../util/json.ts";
import type { Destination, Document } from "../destination.ts";
import { inParallel } from "../in-parallel.ts";
import type { ImageOrigin } from "../promote/image-origin.ts";
import type { BlobTally } from "../push-image.ts";
import type { RebasedImage } from "./rebase-image.ts";

/** One platform of a rebased image, and where its layers are. */
export interface RebasedPlatform {
  readonly image: RebasedImage;
  readonly own: ImageOrigin;
  readonly base: ImageOrigin;
}

export interface PushRebasedOptions {
  readonly destination: Destination;
  readonly repository: string;
  readonly counts: BlobTally;
  readonly jobs: number;
  readonly signal: AbortSignal;
}

/** Brings a rebased image to a repository, under no tag, and gives what a tag is to point to. */
export async function pushRebased(
  platforms: readonly RebasedPlatform[],
  index: Index | undefined,
  options: PushRebasedOptions,
): Promise<Document> {
  const { destination, repository, signal } = options;
  for (const platform of platforms) await pushPlatform(platform, options);
  const top = rebasedTop(platforms, index);
  if (index !== undefined) await destination.putManifest(repository, top, signal);
  return top;
}

/** The manifest, or the index with the new manifests in the places of the old ones. */
export function rebasedTop(platforms: readonly RebasedPlatform[], index: Index | undefined): Document {
  const manifests = platforms.map(({ image }) => image.manifest);
  const [only] = manifests;
  if (index === undefined && only !== undefined) return only;
  const entries = (index?.manifests ?? []).map((entry, at): Descriptor => {
    const { digest, size } = manifests[at]?.descriptor ?? entry;
    return { ...entry, digest, size };
  });
  const value = { ...index, ...annotationsOf(platforms, index), manifests: entries };
  const bytes = Buffer.from(canonicalJson(value));
  const mediaType = index?.mediaType ?? "";
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** An index that says what its base is says what it is now: as a build does, what is the same on all platforms. */
function annotationsOf(
  platforms: readonly RebasedPlatform[],
  index: Index | undefined,
): Pick<Index, "annotations"> {
  const { annotations } = index ?? {};
  if (Object.keys(onlyBase(annotations)).length === 0) return {};
  const bases = platforms.map(({ image }) => onlyBase(image.value.annotations));
  return { annotations: { ...withoutBase(annotations), ...commonAnnotations(bases) } };
}

async function pushPlatform(
  { image, own, base }: RebasedPlatform,
  { destination, repository, counts, jobs, signal }: PushRebasedOptions,
): Promise<void> {
  if (await destination.hasManifest(repository, image.manifest.descriptor, signal)) return;
  const ours = new Set(image.own.map(({ digest }) => digest));
  const layers = [...new Map(image.value.layers.map((layer) => [layer.digest, layer])).values()];
  await inParallel(layers, jobs, signal, async (descriptor, signal) => {
    const origin = ours.has(descriptor.digest) ? own : base;
    const repositories = origin.repository === undefined ? [] : [origin.repository];
    const blob = { descriptor, repositories, source: origin.blob(descriptor, signal) };
    counts.add(await destination.putBlob(repository, blob, signal), descriptor.size);
  });
  const { descriptor, bytes } = image.config;
  const source = { open: (start: number) => once(bytes.subarray(start)) };
  const config = { descriptor, repositories: [], source };
  counts.add(await destination.putBlob(repository, config, signal), descriptor.size);
  await destination.putManifest(repository, image.manifest, signal);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
