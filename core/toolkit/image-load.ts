import fs from "node:fs";
import path from "node:path";
import { readArchive } from "../oci/image/archive-reader.ts";
import { copyImages } from "../oci/image/copy-image.ts";
import { LayoutReader } from "../oci/image/layout-reader.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Store } from "../oci/store/store.ts";
import { openFile } from "../util/open-file.ts";
import { storeName } from "./find-image.ts";
import type { Host } from "./host.ts";
import { nameImages } from "./name-images.ts";
import { openStore } from "./open-store.ts";

interface Loaded {
  readonly names: readonly string[];
  readonly descriptor: Descriptor;
}

/** Reads images into the store: a docker or OCI archive (plain, gzip, zstd), or the directory of an OCI layout. Gives their names. */
export async function loadImages(
  input: { readonly path: string } | { readonly stream: AsyncIterable<Uint8Array> },
  host: Host,
): Promise<readonly string[]> {
  await using store = await openStore(host);
  await using _lease = await store.lease();
  const loaded =
    "path" in input
      ? await loadPath(path.resolve(host.cwd, input.path), store, host)
      : await readArchive(input.stream, store.blobs, host.signal);
  const entries = loaded.flatMap(({ names, descriptor }) =>
    names.map((name) => ({ name: storeName(name), descriptor })),
  );
  await nameImages(store, entries);
  return loaded.flatMap(({ names, descriptor }) =>
    names.length === 0 ? [descriptor.digest] : names.map(storeName),
  );
}

async function loadPath(file: string, store: Store, host: Host): Promise<readonly Loaded[]> {
  if (!(fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false))
    return readArchive(openFile(file), store.blobs, host.signal);
  const reader = LayoutReader.open(file);
  await copyImages(
    reader.images.map(({ descriptor }) => descriptor),
    reader,
    store.blobs,
    { signal: host.signal },
  );
  return reader.images.map(({ name, descriptor }) => ({
    names: name === undefined ? [] : [name],
    descriptor,
  }));
}
