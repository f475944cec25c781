import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";
import { compressionByMagic } from "../../oci/image/compression-by-magic.ts";
import { nativePath } from "../../oci/layer/byte-path.ts";
import type { FileEntry, LayerEntry } from "../../oci/layer/entry.ts";
import { indexLayer } from "../../oci/layer/index-layer.ts";
import { ingestLayer } from "../../oci/layer/ingest-layer.ts";
import type { Blobs, StateFiles } from "../../oci/store/contract.ts";
import { type Digest, isDigest } from "../../oci/spec/digest.ts";
import { openFile } from "../../util/open-file.ts";
import { decoderOf } from "./archive-decoders.ts";

export interface ArchiveStore {
  readonly blobs: Blobs;
  readonly contexts: StateFiles;
}

export interface Archive {
  readonly file: FileEntry;
  /** SHA-256 of the file, 64 hex digits. */
  readonly digest: string;
  /** For people. */
  readonly name: string;
  /** Error `FILE_CHANGED` if the file is no longer what its digest was computed of. */
  readonly verify: () => void;
}

/**
 * The members of a tar archive (plain or compressed with gzip, xz or zstd), their contents in its uncompressed tar in the
 * store: uncompressed once per content. Errors `ARCHIVE_UNREADABLE`, `FILE_CHANGED`.
 */
export async function openArchive(
  archive: Archive,
  { blobs, contexts }: ArchiveStore,
  signal: AbortSignal,
): Promise<LayerEntry[]> {
  const { digest, name } = archive;
  const key = `archive ${digest}`;
  const known = Buffer.from(contexts.get(key) ?? []).toString("latin1");
  try {
    if (isDigest(known) && blobs.has(known)) return indexLayer(blobs.path(known));
    const tar = await uncompress(archive, blobs, signal);
    const members = indexLayer(blobs.path(tar));
    contexts.put(key, Buffer.from(tar, "latin1"));
    return members;
  } catch (error) {
    if (!isTsdockError(error) || !error.code.startsWith("LAYER_")) throw error;
    throw new TsdockError("ARCHIVE_UNREADABLE", `${name} is not a tar archive that can be extracted`, {
      details: error.message,
      hint: "give a tar archive, plain or compressed with gzip, bzip2, xz or zstd; copy() takes any other file as it is",
      cause: error,
    });
  }
}

async function uncompress({ file, verify }: Archive, blobs: Blobs, signal: AbortSignal): Promise<Digest> {
  await using pending = await blobs.pending();
  const head = await headOf(file);
  const content = openContent(file);
  const decode = decoderOf(head);
  const { diffId, size } = await ingestLayer(decode === undefined ? content : decode(content), {
    compression: decode === undefined ? compressionByMagic(head) : "none",
    tarFile: pending.path,
    signal,
  });
  verify();
  await pending.commit(diffId, size);
  return diffId;
}

async function headOf(file: FileEntry): Promise<Buffer> {
  for await (const chunk of openContent(file)) return Buffer.from(chunk.subarray(0, 6));
  return Buffer.alloc(0);
}

/** The bytes of a file, wherever its content lies. */
async function* openContent({ content, size }: FileEntry): AsyncGenerator<Uint8Array, void, undefined> {
  if (content instanceof Uint8Array) yield content;
  else if (size > 0) {
    const start = content.offset ?? 0;
    yield* openFile(nativePath(content.path), { start, end: start + size - 1 });
  }
}
