import fs from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { dockerArchive } from "../oci/image/docker-archive.ts";
import { layoutArchive } from "../oci/image/layout-writer.ts";
import { completeImages } from "./complete-image.ts";
import { requireStored, storeName, viewOf } from "./find-image.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";

export interface SaveRequest {
  readonly images: readonly string[];
  readonly format: "docker" | "oci";
  /** For docker archives of images of several platforms. */
  readonly platform: string | undefined;
  readonly file?: string;
  readonly stream?: NodeJS.WritableStream;
}

/** Writes an archive; a file appears under its name when it is whole. */
export async function saveImages(request: SaveRequest, host: Host): Promise<void> {
  await using store = await openStore(host);
  await using _lease = await store.lease();
  const found = await Promise.all(
    request.images.map(async (text) => {
      const image = await requireStored(store, text, host);
      return { name: image.name ?? (text.includes(":") ? undefined : storeName(text)), image };
    }),
  );
  await completeImages(
    store,
    found.map(({ image }) => image.descriptor),
    host,
  );
  const archive =
    request.format === "oci"
      ? layoutArchive(
          found.map(({ name, image }) => ({
            name: name ?? image.descriptor.digest,
            descriptor: image.descriptor,
          })),
          store.blobs,
        )
      : dockerArchive(
          await Promise.all(
            found.map(async ({ name, image }) => ({
              names: name === undefined ? [] : [name],
              image: await viewOf(store, image, request.platform),
            })),
          ),
          store.blobs,
        );
  await writeArchive(archive, request, host);
}

export async function writeArchive(
  archive: AsyncIterable<Uint8Array>,
  target: { readonly file?: string; readonly stream?: NodeJS.WritableStream },
  host: Host,
): Promise<void> {
  if (target.file === undefined) {
    if (target.stream !== undefined)
      await pipeline(Readable.from(archive), target.stream, { signal: host.signal, end: false });
    return;
  }
  const file = path.resolve(host.cwd, target.file);
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    await pipeline(Readable.from(archive), fs.createWriteStream(temporary), { signal: host.signal });
    fs.renameSync(temporary, file);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}
