import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor } from "../spec/descriptor.ts";
import type { Digest } from "../spec/digest.ts";
import type { ImageConfig } from "../spec/image-config.ts";
import { mediaTypes } from "../spec/media-types.ts";
import type { Blobs } from "../store/contract.ts";
import type { ArchiveFiles, LoadedImage } from "./archive-contents.ts";
import { readArchivedLayout } from "./archived-layout.ts";
import { compressionByMagic } from "./compression-by-magic.ts";
import { parseImageConfig, parseManifest } from "./image-view.ts";

/** One element of the `manifest.json` that `docker save` writes. */
interface DockerManifestItem {
  readonly Config: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Layers: readonly string[];
}

const layerTypes = {
  none: mediaTypes.layerTar,
  gzip: mediaTypes.layerGzip,
  zstd: mediaTypes.layerZstd,
} as const;

/**
 * The images of an archive of `docker save`. Where it holds OCI manifests too (engines since 25), those are kept with
 * their digests; else a manifest is made. Layers that are not compressed must be those that the configuration names.
 */
export async function readDockerManifest(files: ArchiveFiles, blobs: Blobs): Promise<readonly LoadedImage[]> {
  const items = parseItems(await readFile(files, "manifest.json", blobs));
  const manifests = await layoutManifests(files, blobs);
  const images: LoadedImage[] = [];
  for (const item of items) {
    const made = await makeManifest(item, files, blobs);
    const descriptor = manifests.get(made.config) ?? (await made.put());
    images.push({ names: item.RepoTags ?? [], descriptor });
  }
  return images;
}

/** Manifests of the layout in the archive, by the digest of their configuration. */
async function layoutManifests(files: ArchiveFiles, blobs: Blobs): Promise<ReadonlyMap<Digest, Descriptor>> {
  if (!files.has("index.json") || !files.has("oci-layout")) return new Map();
  const byConfig = new Map<Digest, Descriptor>();
  for (const { descriptor } of await readArchivedLayout(files, blobs)) {
    if (descriptor.mediaType === mediaTypes.index || descriptor.mediaType === mediaTypes.dockerIndex)
      continue;
    const { config } = parseManifest(await blobs.read(descriptor.digest), descriptor);
    byConfig.set(config.digest, descriptor);
  }
  return byConfig;
}

async function makeManifest(item: DockerManifestItem, files: ArchiveFiles, blobs: Blobs) {
  const config = contentOf(files, item.Config);
  const layers: Descriptor[] = [];
  for (const name of item.Layers) layers.push(await layerOf(contentOf(files, name), blobs));
  checkLayers(parseImageConfig(await blobs.read(config.digest), config.digest), layers, item.Config);
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: config.digest, size: config.size },
    layers,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const put = async (): Promise<Descriptor> => {
    return { mediaType: mediaTypes.manifest, digest: await blobs.put(bytes), size: bytes.byteLength };
  };
  return { config: config.digest, put };
}

async function layerOf(
  content: { readonly digest: Digest; readonly size: number },
  blobs: Blobs,
): Promise<Descriptor> {
  for await (const head of blobs.open(content.digest)) {
    const mediaType = layerTypes[compressionByMagic(head as Uint8Array)];
    return { mediaType, digest: content.digest, size: content.size };
  }
  throw invalid("a layer is empty");
}

function checkLayers(config: ImageConfig, layers: readonly Descriptor[], name: string): void {
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== layers.length) {
    throw invalid(`${name} names ${diffIds.length} layers and manifest.json ${layers.length}`);
  }
  layers.forEach((layer, position) => {
    if (layer.mediaType !== mediaTypes.layerTar || layer.digest === diffIds[position]) return;
    throw invalid(
      `layer ${position + 1} of ${name} has the digest ${layer.digest} and should have ${diffIds[position] ?? "none"}`,
    );
  });
}

function contentOf(files: ArchiveFiles, name: string): { readonly digest: Digest; readonly size: number } {
  const content = files.get(path.posix.normalize(name));
  if (content === undefined)
    throw invalid(`manifest.json names ${JSON.stringify(name)}, which is not in the archive`);
  return content;
}

async function readFile(files: ArchiveFiles, name: string, blobs: Blobs): Promise<unknown> {
  try {
    return JSON.parse(Buffer.from(await blobs.read(contentOf(files, name).digest)).toString("utf8"));
  } catch (error) {
    throw error instanceof SyntaxError ? invalid(`${name} is not JSON: ${error.message}`) : error;
  }
}

function parseItems(value: unknown): readonly DockerManifestItem[] {
  if (!Array.isArray(value) || !value.every(isItem)) throw invalid("manifest.json is not a list of images");
  return value;
}

function isItem(value: unknown): value is DockerManifestItem {
  if (typeof value !== "object" || value === null) return false;
  const { Config, RepoTags, Layers } = value as Partial<Record<keyof DockerManifestItem, unknown>>;
  return typeof Config === "string" && areTexts(Layers ?? []) && areTexts(RepoTags ?? []);
}

const areTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

const invalid = (reason: string): TsdockError =>
  new TsdockError("ARCHIVE_INVALID", `the archive is not what docker save writes: ${reason}`, {
    hint: "it is damaged or cut: save it again",
  });
