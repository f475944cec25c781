import type { LayerEntry } from "../../core/oci/layer/entry.ts";
import { packLayer } from "../../core/oci/layer/pack-layer.ts";
import type { Descriptor } from "../../core/oci/spec/descriptor.ts";
import type { Digest } from "../../core/oci/spec/digest.ts";
import type { ContainerConfig, ImageConfig } from "../../core/oci/spec/image-config.ts";
import { mediaTypes } from "../../core/oci/spec/media-types.ts";
import type { Blobs } from "../../core/oci/store/contract.ts";

export interface SampleImage {
  readonly descriptor: Descriptor;
  readonly config: ImageConfig;
  readonly imageId: Digest;
  readonly diffIds: readonly Digest[];
}

const common = { uid: 0, gid: 0, mtime: 0 } as const;

export const sampleDirectory = (path: string): LayerEntry => ({
  ...common,
  type: "directory",
  path,
  mode: 0o755,
});

export function sampleFile(path: string, text: string): LayerEntry {
  const content = Buffer.from(text);
  return { ...common, type: "file", path, mode: 0o644, size: content.byteLength, content };
}

/** A small image in a store: one layer for each list of entries. */
export async function addSampleImage(
  blobs: Blobs,
  layers: readonly (readonly LayerEntry[])[],
  containerConfig: ContainerConfig = {},
): Promise<SampleImage> {
  const packed: Descriptor[] = [];
  for (const entries of layers) packed.push(await putLayer(blobs, entries));
  const diffIds = packed.map((layer) => layer.digest);
  const config: ImageConfig = {
    created: "1970-01-01T00:00:00Z",
    architecture: "amd64",
    os: "linux",
    config: containerConfig,
    rootfs: { type: "layers", diff_ids: diffIds },
    history: [
      ...diffIds.map((_, number) => ({
        created: "1970-01-01T00:00:00Z",
        created_by: `COPY layer ${number}`,
      })),
      { created: "1970-01-01T00:00:00Z", created_by: 'CMD ["/bin/sh"]', empty_layer: true },
    ],
  };
  const configText = JSON.stringify(config);
  const imageId = await blobs.put(configText);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: imageId, size: Buffer.byteLength(configText) },
    layers: packed,
  });
  const digest = await blobs.put(manifest);
  return {
    descriptor: { mediaType: mediaTypes.manifest, digest, size: manifest.length },
    config,
    imageId,
    diffIds,
  };
}

async function putLayer(blobs: Blobs, entries: readonly LayerEntry[]): Promise<Descriptor> {
  const chunks: Uint8Array[] = [];
  const { diffId, size } = packLayer(entries, (chunk) => chunks.push(Buffer.from(chunk)));
  await blobs.put(Buffer.concat(chunks));
  return { mediaType: mediaTypes.layerTar, digest: diffId, size };
}
