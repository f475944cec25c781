import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor, Index, Manifest } from "../spec/descriptor.ts";
import { type Digest, isDigest } from "../spec/digest.ts";
import type { ImageConfig } from "../spec/image-config.ts";
import { isIndexType, isManifestType, mediaTypes } from "../spec/media-types.ts";
import type { Platform } from "../spec/platform.ts";
import { configProblem } from "./config-problem.ts";
import { platformMissing, selectPlatform } from "../spec/select-platform.ts";

/** Whole, verified content by digest: manifests, indexes and configurations. */
export interface DocumentSource {
  read(digest: Digest): Promise<Uint8Array>;
}

/** An image of one platform, read. */
export interface ImageView {
  /** Of the manifest. */
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
  readonly config: ImageConfig;
}

const deepestIndex = 4;

/**
 * Reads the manifest and configuration that a descriptor stands for; of an index, those for `platform`.
 * Errors `IMAGE_INVALID`, `PLATFORM_MISSING`, and those of the source.
 */
export async function readImage(
  source: DocumentSource,
  descriptor: Descriptor,
  platform: Platform,
): Promise<ImageView> {
  const chosen = await resolveManifest(source, descriptor, platform);
  const manifest = parseManifest(await source.read(chosen.digest), chosen);
  const config = parseImageConfig(await source.read(manifest.config.digest), manifest.config.digest);
  if (config.rootfs.diff_ids.length !== manifest.layers.length) {
    throw invalid(
      chosen.digest,
      `it has ${manifest.layers.length} layers and its configuration ${config.rootfs.diff_ids.length}`,
    );
  }
  return { descriptor: chosen, manifest, config };
}

/** Follows indexes to the manifest for a platform. */
export async function resolveManifest(
  source: DocumentSource,
  descriptor: Descriptor,
  platform: Platform,
): Promise<Descriptor> {
  let current = descriptor;
  for (let depth = 0; isIndexType(current.mediaType); depth++) {
    if (depth === deepestIndex) throw invalid(descriptor.digest, "its indexes are nested too deep");
    current = pickPlatform(parseIndex(await source.read(current.digest), current), platform, current.digest);
  }
  return current;
}

/** The entry of an index for a platform: see `selectPlatform`. Error `PLATFORM_MISSING`. */
export function pickPlatform(index: Index, platform: Platform, digest: Digest): Descriptor {
  const found = selectPlatform(index.manifests, platform);
  if (found !== undefined) return found;
  throw platformMissing(digest, index.manifests, platform);
}

/** Errors `IMAGE_INVALID` where the bytes are no manifest of the descriptor's media type. */
export function parseManifest(
  bytes: Uint8Array,
  descriptor: Pick<Descriptor, "digest" | "mediaType">,
): Manifest {
  const value = parseDocument(bytes, descriptor.digest);
  if (!isManifestType(descriptor.mediaType))
    throw invalid(descriptor.digest, `${descriptor.mediaType} is not the media type of an image`);
  if (value.mediaType !== undefined && value.mediaType !== descriptor.mediaType) {
    throw invalid(
      descriptor.digest,
      `it is announced as ${descriptor.mediaType} and says that it is ${JSON.stringify(value.mediaType)}`,
    );
  }
  if (value.schemaVersion !== 2 || !isDescriptor(value.config) || !isDescriptors(value.layers)) {
    throw invalid(descriptor.digest, "it is not a manifest of schema version 2");
  }
  return { ...value, mediaType: descriptor.mediaType } as unknown as Manifest;
}

/** Errors `IMAGE_INVALID`. */
export function parseIndex(bytes: Uint8Array, descriptor: Pick<Descriptor, "digest" | "mediaType">): Index {
  const value = parseDocument(bytes, descriptor.digest);
  if (value.schemaVersion !== 2 || !isDescriptors(value.manifests)) {
    throw invalid(descriptor.digest, "it is not an image index");
  }
  return { ...value, mediaType: descriptor.mediaType } as unknown as Index;
}

/** Errors `IMAGE_INVALID`. */
export function parseImageConfig(bytes: Uint8Array, digest: Digest): ImageConfig {
  const value = parseDocument(bytes, digest);
  const rootfs = value.rootfs as Partial<Record<"diff_ids", unknown>> | null | undefined;
  const diffIds = rootfs?.diff_ids ?? [];
  const sound = Array.isArray(diffIds) && diffIds.every((id) => typeof id === "string" && isDigest(id));
  if (!sound || typeof value.architecture !== "string" || typeof value.os !== "string") {
    throw invalid(digest, "it is not the configuration of an image");
  }
  const problem = configProblem(value.config);
  if (problem !== undefined) throw invalid(digest, `its config is none: ${problem}`);
  return { ...value, rootfs: { type: "layers", diff_ids: diffIds } } as unknown as ImageConfig;
}

function parseDocument(bytes: Uint8Array, digest: Digest): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid(digest, `it is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(digest, "it is not a JSON object");
  return value as Readonly<Record<string, unknown>>;
}

const isDescriptors = (value: unknown): value is readonly Descriptor[] =>
  Array.isArray(value) && value.every((item) => isDescriptor(item));

function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== "object" || value === null) return false;
  const { mediaType, digest, size } = value as Partial<Record<keyof Descriptor, unknown>>;
  return (
    typeof mediaType === "string" &&
    typeof digest === "string" &&
    isDigest(digest) &&
    Number.isSafeInteger(size)
  );
}

const invalid = (digest: Digest, reason: string): TsdockError =>
  new TsdockError("IMAGE_INVALID", `${digest} cannot be used: ${reason}`, {
    hint: "the image is damaged or made by a tool that does not follow the OCI specification",
  });

/** What a descriptor without a known media type is, told by its content: for layouts and archives that leave it out. */
export const documentTypeOf = (bytes: Uint8Array, digest: Digest): string => {
  const value = parseDocument(bytes, digest);
  if (typeof value.mediaType === "string") return value.mediaType;
  return value.manifests === undefined ? mediaTypes.manifest : mediaTypes.index;
};
