import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor, Index, Manifest } from "../spec/descriptor.ts";
import { isDigest } from "../spec/digest.ts";
import type { ImageConfig } from "../spec/image-config.ts";
import { isIndexType } from "../spec/media-types.ts";
import type { Platform } from "../spec/platform.ts";
import { formatReference, type Reference, repositoryName, withDefaultTag } from "../spec/reference.ts";
import { platformMissing, selectPlatform } from "../spec/select-platform.ts";
import type { RegistryClient } from "./client.ts";
import { type FetchedManifest, manifestLimit } from "./manifests.ts";
import { protocolError } from "./registry-error.ts";

/** An image of one platform, as far as it is small: its layers are opened when somebody needs them. */
export interface PulledImage {
  /** The reference with the digest that it stands for: of the index, where there is one. */
  readonly reference: Reference;
  /** Absent where the reference means a manifest. */
  readonly index: FetchedManifest | undefined;
  readonly manifest: FetchedManifest & { readonly value: Manifest };
  readonly config: {
    readonly descriptor: Descriptor;
    readonly bytes: Uint8Array;
    readonly value: ImageConfig;
  };
  /** `host/name`. */
  readonly repository: string;
  /** A layer's bytes as the registry has them, verified while they stream. */
  openLayer(layer: Descriptor, start?: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Reads manifests and blobs, verified: a registry, or a store in front of one. */
export type RegistryReader = Pick<RegistryClient, "manifest" | "openBlob">;

/**
 * Reads the manifest and the configuration of an image, verified, and nothing else.
 * Errors `REGISTRY_NOT_FOUND`, `PLATFORM_MISSING`, `REGISTRY_UNSUPPORTED`, `REGISTRY_PROTOCOL` and those of the network.
 */
export async function pullManifest(
  client: RegistryReader,
  reference: Reference,
  platform: Platform,
  signal?: AbortSignal,
): Promise<PulledImage> {
  const name = formatReference(withDefaultTag(reference));
  const top = await client.manifest(reference, signal);
  const index = isIndexType(top.descriptor.mediaType) ? top : undefined;
  const chosen = index === undefined ? top : await childFor(client, reference, index, platform, signal);
  const value = parseManifest(chosen, name);
  const config = await pullConfig(client, reference, value.config, signal);
  if (config.value.rootfs.diff_ids.length !== value.layers.length) {
    throw protocolError(
      `pull ${name}`,
      `it has ${value.layers.length} layers, and its configuration has ${config.value.rootfs.diff_ids.length}`,
    );
  }
  return {
    reference: { ...withDefaultTag(reference), digest: top.descriptor.digest },
    index,
    manifest: { ...chosen, value },
    config,
    repository: repositoryName(reference),
    openLayer: (layer, start = 0, more = signal) => client.openBlob(reference, layer, start, more),
  };
}

async function childFor(
  client: RegistryReader,
  reference: Reference,
  { bytes }: FetchedManifest,
  platform: Platform,
  signal: AbortSignal | undefined,
): Promise<FetchedManifest> {
  const index = JSON.parse(Buffer.from(bytes).toString("utf8")) as Index;
  const entry = selectPlatform(index.manifests, platform);
  const name = formatReference(withDefaultTag(reference));
  if (entry === undefined) throw platformMissing(name, index.manifests, platform);
  if (!isDigest(entry.digest)) throw protocolError(`pull ${name}`, "its index has an entry without a digest");
  const child = await client.manifest({ ...reference, digest: entry.digest }, signal);
  if (isIndexType(child.descriptor.mediaType)) {
    throw new TsdockError("REGISTRY_UNSUPPORTED", `cannot pull ${name}: its index points to another index`, {
      hint: "name the inner index by its digest",
    });
  }
  if (child.descriptor.size !== entry.size || child.descriptor.mediaType !== entry.mediaType) {
    throw protocolError(
      `pull ${name}`,
      `${entry.digest} is not what its index says: ${entry.size} bytes of ${entry.mediaType}`,
    );
  }
  return child;
}

const isDescriptor = (value: unknown): value is Descriptor => {
  const { digest, size, mediaType } = (value ?? {}) as Partial<Record<keyof Descriptor, unknown>>;
  return (
    typeof digest === "string" &&
    isDigest(digest) &&
    Number.isSafeInteger(size) &&
    typeof mediaType === "string"
  );
};

function parseManifest({ bytes, descriptor }: FetchedManifest, name: string): Manifest {
  const value = JSON.parse(Buffer.from(bytes).toString("utf8")) as Partial<Manifest>;
  const { config, layers } = value;
  if (!isDescriptor(config) || !Array.isArray(layers) || !layers.every(isDescriptor)) {
    throw protocolError(
      `pull ${name}`,
      "its manifest has a config or layers without media type, digest and size",
    );
  }
  return { ...value, mediaType: descriptor.mediaType } as Manifest;
}

async function pullConfig(
  client: RegistryReader,
  reference: Reference,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): Promise<PulledImage["config"]> {
  const what = `pull the configuration ${descriptor.digest} of ${repositoryName(reference)}`;
  if (descriptor.size > manifestLimit) throw protocolError(what, `it has more than ${manifestLimit} bytes`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of client.openBlob(reference, descriptor, 0, signal)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  let value: Partial<ImageConfig> | null;
  try {
    value = JSON.parse(bytes.toString("utf8")) as Partial<ImageConfig> | null;
  } catch (error) {
    throw protocolError(what, `it is not JSON (${(error as Error).message})`);
  }
  const diffIds = value?.rootfs?.diff_ids;
  if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === "string" && isDigest(id))) {
    throw new TsdockError(
      "REGISTRY_UNSUPPORTED",
      `${repositoryName(reference)} has an artifact, not an image`,
      {
        hint: `its configuration ${descriptor.digest} (${descriptor.mediaType}) has no rootfs.diff_ids`,
      },
    );
  }
  return { descriptor, bytes, value: value as ImageConfig };
}
