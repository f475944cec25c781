import { TsdockError } from "../../errors/tsdock-error.ts";
import type { FileAction } from "../../graph/operation.ts";
import { compressionByMagic } from "../../oci/image/compression-by-magic.ts";
import { type FileEntry, joinPath, toByteString } from "../../oci/layer/entry.ts";
import { indexLayer } from "../../oci/layer/index-layer.ts";
import { ingestLayer } from "../../oci/layer/ingest-layer.ts";
import { mergeLayers, type TreeEntry } from "../../oci/layer/tree.ts";
import { nativePath, showPath } from "../../oci/layer/byte-path.ts";
import { openFile } from "../../util/open-file.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import type { BuildContext } from "../operation-handler.ts";
import type { Destination } from "./destination.ts";
import type { Owner } from "./file-owner.ts";
import { type FileWork, nothingToVerify } from "./file-work.ts";
import type { SourceTree } from "./source-tree.ts";

interface ExtractOptions {
  readonly action: Extract<FileAction, { type: "extract" }>;
  readonly source: SourceTree;
  readonly destination: Destination;
  readonly owner: Owner | undefined;
  readonly context: BuildContext;
}

/** `add({ archive })`: what is in a tar archive of the context, plain, gzip or zstd, below the destination. */
export function extractWork({ action, source, destination, owner, context }: ExtractOptions): FileWork {
  const path = source.resolve(toByteString(action.path).replace(/^\.?\/+/, ""), { followLast: true });
  const archive = source.get(path);
  if (archive?.type !== "file") {
    throw new TsdockError("COPY_NO_MATCH", `there is no archive ${action.path}`, {
      hint: "name a tar archive of the context",
    });
  }
  let entries: readonly TreeEntry[] = [];
  return {
    identity: source.digest(archive),
    async prepare() {
      entries = await membersOf(archive, source.digest(archive), context);
    },
    place(draft) {
      const below = draft.resolve(destination.path);
      draft.ensureDirectory(below);
      const chmod = action.chmod;
      for (const { path: from, mtime: _mtime, ...entry } of entries) {
        const at = joinPath(below, from);
        const settled = {
          ...entry,
          ...(owner ?? {}),
          mode: chmod === undefined || entry.type === "symlink" ? entry.mode : chmod,
        };
        if (settled.type === "directory") draft.putDirectory(at, settled);
        else draft.put(at, settled);
      }
    },
    digest: (file) => context.layerDigests.digest(file),
    verify: nothingToVerify,
  };
}

/** The members of an archive, from its uncompressed tar in the store: unpacked once per content. */
async function membersOf(
  archive: FileEntry,
  digest: string,
  context: BuildContext,
): Promise<readonly TreeEntry[]> {
  const { blobs, contexts } = context.store;
  const name = `archive ${digest}`;
  const known = contexts.get(name);
  const before = known === undefined ? undefined : (Buffer.from(known).toString("latin1") as Digest);
  if (before !== undefined && blobs.has(before)) return treeOf(blobs.path(before));
  await using pending = await blobs.pending();
  const { diffId, size } = await ingestLayer(openRange(archive), {
    compression: await compressionOf(archive),
    tarFile: pending.path,
    signal: context.signal,
  });
  await pending.commit(diffId, size);
  contexts.put(name, Buffer.from(diffId, "latin1"));
  return treeOf(blobs.path(diffId));
}

const treeOf = (tar: string): readonly TreeEntry[] => [...mergeLayers([indexLayer(tar)]).entries()];

async function compressionOf(archive: FileEntry) {
  for await (const chunk of openRange(archive)) {
    const head = Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.byteLength, 6)).toString(
      "latin1",
    );
    const other = others.find(([magic]) => head.startsWith(magic));
    if (other === undefined) return compressionByMagic(chunk);
    throw new TsdockError("ARCHIVE_UNREADABLE", `${showPath(archive.path)} is compressed with ${other[1]}`, {
      hint: "give a tar archive that is plain or compressed with gzip or zstd",
    });
  }
  return "none" as const;
}

const others = [
  ["\xfd7zXZ", "xz"],
  ["BZh", "bzip2"],
] as const;

/** The bytes of a file, wherever its content lies. */
async function* openRange({ content, size }: FileEntry): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else if (size > 0) {
    const start = content.offset ?? 0;
    yield* openFile(nativePath(content.path), { start, end: start + size - 1 });
  }
}
