import fs from "node:fs";
import path from "node:path";
import { isTsdockError } from "../../errors/tsdock-error.ts";
import type { Digest } from "../spec/digest.ts";
import { parseActionRecord } from "./action-files.ts";
import { parseCompressedRecord } from "./compressed-files.ts";
import type { Blobs } from "./contract.ts";
import { inventory, type ItemKind } from "./inventory.ts";
import { statIfThere } from "./last-use.ts";
import { type LayoutIndex, refNameAnnotation } from "./layout-index.ts";
import { abandonedLeases } from "./leases.ts";
import { acquireLock, lockLitter } from "./lock.ts";
import { neededBlobs } from "./needed-blobs.ts";
import { recordedBoot, snapshotPaths, snapshotsLock, type SnapshotPaths } from "./snapshot-directories.ts";
import { isMissing } from "./store-error.ts";
import { abandonedTemps, readNames, type TempFiles } from "./temp-files.ts";
import { readVerified } from "./verified-file.ts";

export type ProblemKind =
  /** A blob or download whose content is not what its name says. */
  | "content-damaged"
  /** An image, or the index itself, cannot be read whole. */
  | "image-incomplete"
  | "index-damaged"
  /** Records that no longer mean anything. */
  | "record-damaged"
  | "snapshot-unrecorded"
  | "link-dangling"
  /** What a process that was killed left behind. */
  | "leftover";

/** Something in a store that should not be so. */
export interface Problem {
  readonly kind: ProblemKind;
  /** Absolute path of the file, or the name of the image. */
  readonly what: string;
  readonly message: string;
  /** It was put right: what was damaged is gone and will be made again when it is needed. */
  readonly repaired: boolean;
}

/** What verify needs of a store. */
export interface VerifiableStore {
  readonly directory: string;
  readonly blobs: Blobs;
  readonly index: LayoutIndex;
  readonly temps: TempFiles;
  removeTree(directory: string): Promise<void>;
}

export interface VerifyOptions {
  readonly repair?: boolean;
  readonly signal?: AbortSignal;
}

/** A problem and how it is put right. */
interface Finding extends Omit<Problem, "repaired"> {
  readonly repair: () => void | Promise<void>;
}

/**
 * Looks at everything in a store: digests all content, follows all images, reads all records. An image may lack layers
 * that are known to be in a registry (`layers/`): those are fetched when a step reads them.
 */
export async function verify(store: VerifiableStore, options: VerifyOptions): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const checks = [checkContent, checkImages, checkRecords, checkSnapshots, checkLeftovers];
  for (const check of checks) {
    for await (const { repair, ...finding } of check(store, options.signal)) {
      if (options.repair === true) await repair();
      problems.push({ ...finding, repaired: options.repair === true });
    }
  }
  return problems;
}

type Findings = AsyncGenerator<Finding>;
const remove = (file: string) => (): void => fs.rmSync(file, { force: true });
const parallelReads = 4;

async function* checkContent(store: VerifiableStore, signal: AbortSignal | undefined): Findings {
  const waiting = [...inventory(store.directory, ["blob", "download"])];
  const damaged: Finding[] = [];
  const work = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
      signal?.throwIfAborted();
      const error = await contentError(item.mark, `sha256:${item.id}`);
      if (error === undefined) continue;
      damaged.push({ kind: "content-damaged", what: item.mark, message: error, repair: remove(item.mark) });
    }
  };
  await Promise.all(Array.from({ length: parallelReads }, work));
  yield* damaged;
}

/** Undefined where the content is right, or was removed meanwhile. */
async function contentError(file: string, digest: Digest): Promise<string | undefined> {
  try {
    for await (const _chunk of readVerified(file, digest));
    return undefined;
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    return error.code === "BLOB_MISSING" ? undefined : error.message;
  }
}

async function* checkImages(store: VerifiableStore): Findings {
  let roots: ReturnType<LayoutIndex["read"]>["manifests"];
  try {
    roots = store.index.read().manifests;
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    const file = path.join(store.directory, "index.json");
    const repair = (): void =>
      fs.writeFileSync(file, JSON.stringify({ schemaVersion: 2, manifests: [] }), { flush: true });
    yield { kind: "index-damaged", what: file, message: error.message, repair };
    return;
  }
  const elsewhere = fetchableDigests(store.directory);
  for (const root of roots) {
    const reasons: string[] = [];
    const needed = await neededBlobs([root], store.blobs, (_, error) =>
      reasons.push((error as Error).message),
    );
    for (const { descriptor } of needed.values()) {
      if (store.blobs.has(descriptor.digest) || elsewhere.has(descriptor.digest)) continue;
      reasons.push(`${descriptor.digest} is not in the store`);
    }
    if (reasons.length === 0) continue;
    const name = root.annotations?.[refNameAnnotation] ?? root.digest;
    const dropRoot = (): Promise<void> =>
      store.index.update((index) => ({
        ...index,
        manifests: index.manifests.filter((entry) => JSON.stringify(entry) !== JSON.stringify(root)),
      }));
    yield {
      kind: "image-incomplete",
      what: name,
      message: [...new Set(reasons)].join("; "),
      repair: dropRoot,
    };
  }
}

/** Digests of layers, compressed or not, that a registry is known to have. */
function fetchableDigests(store: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const item of inventory(store, ["compressed"])) {
    const layers = parseCompressedRecord(readText(item.mark)) ?? [];
    const remote = layers.filter((layer) => layer.repositories.length > 0);
    if (remote.length > 0) found.add(`sha256:${item.id}`);
    for (const layer of remote) found.add(layer.descriptor.digest);
  }
  return found;
}

const recordParsers: Partial<Record<ItemKind, (text: string) => unknown>> = {
  action: parseActionRecord,
  compressed: parseCompressedRecord,
  record: parseAny,
};

async function* checkRecords(store: VerifiableStore): Findings {
  for (const item of inventory(store.directory, ["action", "compressed", "record"])) {
    if (statIfThere(item.mark) === undefined || recordParsers[item.kind]?.(readText(item.mark)) !== undefined)
      continue;
    yield await Promise.resolve({
      kind: "record-damaged" as const,
      what: item.mark,
      message: "it is not a whole record of this version",
      repair: remove(item.mark),
    });
  }
}

function parseAny(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Those of an earlier boot are no mistake: they are not used again, and prune removes them. */
async function* checkSnapshots(store: VerifiableStore): Findings {
  await using _lock = await acquireLock(snapshotsLock(store.directory));
  const directory = path.join(store.directory, "snapshots");
  const ids = new Set(readNames(directory).map((name) => name.replace(/\.json$/, "")));
  for (const id of ids) {
    const paths = snapshotPaths(store.directory, id);
    const { tree, record, link } = paths;
    const there = statIfThere(tree) !== undefined;
    if (there && recordedBoot(record) !== undefined) {
      if (statIfThere(link) !== undefined && fs.existsSync(link)) continue;
      const message = "it has no short link";
      yield { kind: "link-dangling", what: tree, message, repair: () => dropSnapshot(store, paths) };
      continue;
    }
    const message = there ? "it has no record, so it may not be whole" : "its tree is not there";
    yield {
      kind: "snapshot-unrecorded",
      what: there ? tree : record,
      message,
      repair: () => dropSnapshot(store, paths),
    };
  }
  for (const name of readNames(path.join(store.directory, "l"))) {
    const link = path.join(store.directory, "l", name);
    if (fs.existsSync(link)) continue;
    yield {
      kind: "link-dangling",
      what: link,
      message: "what it points to is not there",
      repair: remove(link),
    };
  }
}

/** Removes snapshots that a process was killed over: half of them is there. */
export async function dropHalfSnapshots(store: VerifiableStore): Promise<void> {
  for await (const { repair } of checkSnapshots(store)) await repair();
}

async function dropSnapshot(store: VerifiableStore, { tree, record, link }: SnapshotPaths): Promise<void> {
  for (const file of [record, link]) fs.rmSync(file, { force: true });
  if (statIfThere(tree) === undefined) return;
  const aside = store.temps.path();
  fs.renameSync(tree, aside);
  await store.removeTree(aside);
}

async function* checkLeftovers(store: VerifiableStore): Findings {
  const below = (name: string): string => path.join(store.directory, name);
  const left = [
    ...abandonedTemps(below("tmp")),
    ...abandonedLeases(below("leases")),
    ...lockLitter(below("locks")),
  ];
  for (const what of left) {
    const repair = (): Promise<void> => store.removeTree(what);
    yield await Promise.resolve({
      kind: "leftover" as const,
      what,
      message: "the process that made it is gone",
      repair,
    });
  }
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}
