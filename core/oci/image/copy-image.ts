import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor } from "../spec/descriptor.ts";
import { type Digest, digestOf } from "../spec/digest.ts";
import { isIndexType, isManifestType } from "../spec/media-types.ts";
import { parseIndex, parseManifest } from "./image-view.ts";

/** Where content comes from. It need not be verified: the copy does that. */
export interface ContentSource {
  open(digest: Digest): AsyncIterable<Uint8Array>;
}

/** Where content goes to. `putStream` refuses what is not as expected. */
export interface ContentSink {
  has(digest: Digest): boolean;
  putStream(
    stream: AsyncIterable<Uint8Array>,
    expected: { readonly digest: Digest; readonly size?: number },
    signal?: AbortSignal,
  ): Promise<unknown>;
  put(bytes: Uint8Array): Promise<unknown>;
}

export interface CopyOptions {
  readonly signal?: AbortSignal;
  /** Of an index: only these; all unless given. Asked for each entry. */
  readonly include?: (manifest: Descriptor) => boolean;
}

const largestDocument = 16 << 20;

/**
 * Copies what descriptors stand for with everything below them: content first, then the manifest that names it, so that
 * a copy that is cut leaves nothing that points to nothing. What is there already is not read.
 * Errors `IMAGE_INVALID`, `BLOB_MISMATCH`, and those of both ends.
 */
export async function copyImages(
  roots: readonly Descriptor[],
  source: ContentSource,
  sink: ContentSink,
  options: CopyOptions = {},
): Promise<void> {
  const done = new Set<Digest>();
  for (const root of roots) await copy(root, source, sink, options, done);
}

async function copy(
  descriptor: Descriptor,
  source: ContentSource,
  sink: ContentSink,
  options: CopyOptions,
  done: Set<Digest>,
): Promise<void> {
  if (done.has(descriptor.digest)) return;
  done.add(descriptor.digest);
  options.signal?.throwIfAborted();
  const { digest, size, mediaType } = descriptor;
  if (!isIndexType(mediaType) && !isManifestType(mediaType)) {
    if (!sink.has(digest)) await sink.putStream(source.open(digest), { digest, size }, options.signal);
    return;
  }
  const bytes = await readDocument(source, descriptor);
  for (const child of childrenOf(bytes, descriptor, options)) await copy(child, source, sink, options, done);
  await sink.put(bytes);
}

function childrenOf(bytes: Uint8Array, descriptor: Descriptor, options: CopyOptions): readonly Descriptor[] {
  if (isIndexType(descriptor.mediaType)) {
    return parseIndex(bytes, descriptor).manifests.filter(options.include ?? (() => true));
  }
  const manifest = parseManifest(bytes, descriptor);
  return [manifest.config, ...manifest.layers];
}

/** A manifest or an index, whole and verified. Error `BLOB_MISMATCH`. */
export async function readDocument(source: ContentSource, descriptor: Descriptor): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source.open(descriptor.digest)) {
    size += chunk.byteLength;
    if (size > Math.min(descriptor.size, largestDocument)) {
      throw mismatch(descriptor, `it is longer than the ${descriptor.size} bytes announced`);
    }
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  if (size !== descriptor.size)
    throw mismatch(descriptor, `it has ${size} bytes where ${descriptor.size} were announced`);
  const actual = digestOf(bytes);
  if (actual !== descriptor.digest) throw mismatch(descriptor, `its content's digest is ${actual}`);
  return bytes;
}

const mismatch = (descriptor: Descriptor, reason: string): TsdockError =>
  new TsdockError("BLOB_MISMATCH", `${descriptor.digest} is not what was expected: ${reason}`, {
    hint: "the image is damaged where it comes from",
  });

/** Every descriptor below the roots and the roots themselves, each digest once. Errors `IMAGE_INVALID` and those of `read`. */
export async function collectContent(
  roots: readonly Descriptor[],
  source: { read(digest: Digest): Promise<Uint8Array> },
): Promise<ReadonlyMap<Digest, Descriptor>> {
  const found = new Map<Digest, Descriptor>();
  const waiting = [...roots];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next.digest)) continue;
    found.set(next.digest, next);
    if (!isIndexType(next.mediaType) && !isManifestType(next.mediaType)) continue;
    waiting.push(...childrenOf(await source.read(next.digest), next, {}));
  }
  return found;
}
