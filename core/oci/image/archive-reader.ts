import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { decompressStream } from "../layer/decompress.ts";
import type { Digest } from "../spec/digest.ts";
import type { Blobs } from "../store/contract.ts";
import type { ArchiveFiles, LoadedImage } from "./archive-contents.ts";
import { readArchivedLayout } from "./archived-layout.ts";
import { compressionByMagic } from "./compression-by-magic.ts";
import { readDockerManifest } from "./docker-manifest.ts";
import { readTar, type StreamedMember } from "./tar-stream.ts";

/**
 * Reads an archive of images as it arrives: what `docker save` writes (of any age), or an OCI image layout as a tar;
 * plain, gzip or zstd. Everything goes into `blobs` in one pass, and what an image needs is then looked for there.
 * Errors `ARCHIVE_INVALID`, `IMAGE_INVALID`, `BLOB_MISMATCH`, `DISK_FULL`.
 */
export async function readArchive(
  source: AsyncIterable<Uint8Array>,
  blobs: Blobs,
  signal?: AbortSignal,
): Promise<readonly LoadedImage[]> {
  const files = await readFiles(source, blobs, signal);
  if (files.has("manifest.json")) return readDockerManifest(files, blobs);
  if (files.has("index.json") && files.has("oci-layout")) return readArchivedLayout(files, blobs);
  throw new TsdockError(
    "ARCHIVE_INVALID",
    "the archive holds no images: it has neither manifest.json nor an OCI layout",
    {
      hint: "give an archive that `docker save`, `tsdock image save` or `skopeo copy … oci-archive:` wrote",
    },
  );
}

async function readFiles(
  source: AsyncIterable<Uint8Array>,
  blobs: Blobs,
  signal: AbortSignal | undefined,
): Promise<ArchiveFiles> {
  const files = new Map<string, { readonly digest: Digest; readonly size: number }>();
  const links: [from: string, to: string][] = [];
  for await (const member of readTar(decompressed(source))) {
    if (member.type === "file") files.set(member.path, await keep(member, blobs, signal));
    else if (member.type === "symlink")
      links.push([member.path, path.posix.join(path.posix.dirname(member.path), member.linkTarget)]);
    else if (member.type === "hardlink") links.push([member.path, path.posix.normalize(member.linkTarget)]);
  }
  // docker save once wrote equal layers as links, to members before or after them.
  for (const [from, to] of links) {
    const target = files.get(to);
    if (target !== undefined) files.set(from, target);
  }
  return files;
}

function keep(
  member: StreamedMember,
  blobs: Blobs,
  signal: AbortSignal | undefined,
): ReturnType<Blobs["putStream"]> {
  const hex = /^blobs\/sha256\/([a-f0-9]{64})$/.exec(member.path)?.[1];
  const expected = hex === undefined ? undefined : ({ digest: `sha256:${hex}`, size: member.size } as const);
  return blobs.putStream(member.content, expected, signal);
}

/** The same stream, unpacked if its first bytes are those of gzip or zstd. */
async function* decompressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.byteLength < 4) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  yield* decompressStream(resumed(head, chunks), compressionByMagic(head));
}

async function* resumed(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
