import type { RegistryClient } from "../../../core/oci/registry/client.ts";
import type { BlobSource } from "../../../core/oci/registry/upload-content.ts";
import type { Descriptor } from "../../../core/oci/spec/descriptor.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import type { Reference } from "../../../core/oci/spec/reference.ts";

export const descriptorOf = (bytes: Uint8Array, mediaType: string): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

/** Bytes in memory as a source, in pieces as a file comes. */
export const bytesSource = (bytes: Uint8Array, piece = 16 * 1024): BlobSource => ({
  async *open(start) {
    for (let at = start; at < bytes.length; at += piece)
      yield await Promise.resolve(bytes.subarray(at, at + piece));
  },
});

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** An image of these layers (uncompressed) with its configuration and manifest. */
export function imageOf(layers: readonly Uint8Array[]): {
  readonly config: Buffer;
  readonly manifest: Buffer;
  readonly descriptor: Descriptor;
} {
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: layers.map((layer) => digestOf(layer)) },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: descriptorOf(config, mediaTypes.config),
      layers: layers.map((layer) => descriptorOf(layer, mediaTypes.layerTar)),
    }),
  );
  return { config, manifest, descriptor: descriptorOf(manifest, mediaTypes.manifest) };
}

/** Pushes such an image; gives the descriptor of its manifest. */
export async function pushImage(
  client: RegistryClient,
  reference: Reference,
  layers: readonly Uint8Array[],
): Promise<Descriptor> {
  const { config, manifest, descriptor } = imageOf(layers);
  for (const bytes of [...layers, config]) {
    const blob = { descriptor: descriptorOf(bytes, mediaTypes.layerTar), source: bytesSource(bytes) };
    await client.pushBlob(reference, blob);
  }
  await client.putManifest(reference, { bytes: manifest, mediaType: mediaTypes.manifest });
  return descriptor;
}
