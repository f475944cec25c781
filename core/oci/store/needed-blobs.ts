import { isTsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor } from "../spec/descriptor.ts";
import { type Digest, isDigest } from "../spec/digest.ts";
import { isIndexType, isManifestType } from "../spec/media-types.ts";
import type { Blobs } from "./contract.ts";

/** A descriptor that is needed, and for which image. */
export interface NeededBlob {
  readonly descriptor: Descriptor;
  /** The entry of the index that leads to it. */
  readonly root: Descriptor;
}

/**
 * Everything below the entries of an index, by digest. What is missing or damaged is in it as well, but nothing below it:
 * `problem` is told.
 */
export async function neededBlobs(
  roots: readonly Descriptor[],
  blobs: Blobs,
  problem: (needed: NeededBlob, error: unknown) => void,
): Promise<ReadonlyMap<Digest, NeededBlob>> {
  const found = new Map<Digest, NeededBlob>();
  const waiting: NeededBlob[] = roots.map((root) => ({ descriptor: root, root }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { descriptor, root } = next;
    if (found.has(descriptor.digest)) continue;
    found.set(descriptor.digest, next);
    if (!isIndexType(descriptor.mediaType) && !isManifestType(descriptor.mediaType)) continue;
    try {
      const bytes = await blobs.read(descriptor.digest);
      waiting.push(...descriptorsIn(bytes).map((child) => ({ descriptor: child, root })));
    } catch (error) {
      if (!isTsdockError(error) && !(error instanceof SyntaxError)) throw error;
      problem(next, error);
    }
  }
  return found;
}

/** The descriptors that a manifest or an index names. */
function descriptorsIn(bytes: Uint8Array): readonly Descriptor[] {
  const value = JSON.parse(Buffer.from(bytes).toString("utf8")) as Readonly<Record<string, unknown>> | null;
  const lists = [value?.config, value?.layers, value?.manifests].flat();
  return lists.filter((item): item is Descriptor => {
    const digest = (item as Partial<Descriptor> | null | undefined)?.digest;
    return typeof digest === "string" && isDigest(digest);
  });
}
