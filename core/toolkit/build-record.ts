import { createHash } from "node:crypto";
import fs from "node:fs";
import type { BuiltImage } from "../build/store-image.ts";
import type { AskedKey, Solution } from "../build/solver.ts";
import type { Place } from "../errors/place.ts";
import type { CompiledImage, Definition, Site, Vertex } from "../graph/definition.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import type { Store } from "../oci/store/store.ts";
import { canonicalJson, type Json } from "../util/json.ts";
import { type RecordedDeclarations, recordDeclarations } from "./why/recorded-declarations.ts";
import type { Workspace } from "./workspace.ts";

/** What one build did, in the store's `records/`: for `history --source` and for those who ask why a step ran. */
export interface BuildRecord {
  readonly version: 1;
  /** Absolute directory. */
  readonly workspace: string;
  /** RFC 3339. */
  readonly time: string;
  /** By vertex id. */
  readonly vertices: Readonly<Record<string, RecordedVertex>>;
  readonly images: readonly RecordedImage[];
  /** Tops by platform of the images that were asked for, also of those that failed. */
  readonly tops: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly declarations: RecordedDeclarations;
}

export interface RecordedVertex {
  readonly name: string;
  readonly op: string;
  readonly platform: string;
  /** Ids of the vertices that it stands on. */
  readonly inputs: readonly string[];
  /** Which of them is the tree that it lies on. */
  readonly base?: number;
  readonly images: readonly string[];
  /** A digest of what was declared, without the inputs. */
  readonly declaration: string;
  readonly outcome: "ran" | "cached" | "failed" | "cancelled";
  /** Of the action's record, which has what the key was made of; absent where the vertex got none. */
  readonly key?: string;
  /** What the key was made of, by name, where nothing was taken from the cache, and why not. */
  readonly keyInputs?: Readonly<Record<string, string>>;
  readonly miss?: "fresh" | "unknown" | "lost";
  readonly ms?: number;
  readonly layer?: Digest;
  readonly site?: Place;
}

export interface RecordedImage {
  readonly name: string;
  readonly site?: Place;
  readonly platforms: readonly {
    readonly platform: string;
    readonly imageId: Digest;
    /** A line for each instruction, oldest first: the last lines of the image's history. */
    readonly steps: readonly {
      readonly vertex?: string;
      readonly createdBy: string;
      readonly site?: Place;
    }[];
  }[];
}

export interface RecordedBuild {
  readonly workspace: Pick<Workspace, "directory" | "config" | "sources" | "params">;
  readonly definition: Definition;
  readonly solution: Solution;
  readonly images: readonly BuiltImage[];
}

/** A record that is kept, under its id. */
export interface KeptRecord {
  readonly id: string;
  readonly record: BuildRecord;
}

/**
 * Writes what a build did, unless it did nothing and the newest record of this workspace says all that this one would: then
 * there is none.
 */
export async function recordBuild(store: Store, build: RecordedBuild): Promise<KeptRecord | undefined> {
  const ran = [...build.solution.states.values()].some(({ outcome }) => outcome !== "cached");
  const stampKey = stampName(build.workspace.directory);
  const known = readStamp(store.contexts.get(stampKey));
  const ids = imageIds(build.images);
  const isNew = Object.entries(ids).some(([name, id]) => known.images[name] !== id);
  if (!ran && !isNew && Object.entries(known.files).every(([file, mark]) => markOf(file) === mark))
    return undefined;
  const record = recordOf(build);
  const id = await store.records.put(record as unknown as Json);
  const files = Object.fromEntries([...sourceFiles(record)].map((file) => [file, markOf(file)]));
  const kept = keepNewest(store, [id, ...(known.records ?? ownRecords(store, build, id))]);
  const stamp: Stamp = { version: 1, files, images: { ...known.images, ...ids }, records: kept };
  store.contexts.put(stampKey, Buffer.from(JSON.stringify(stamp)));
  return { id, record };
}

/** How many records each workspace has. */
const recordLimit = 50;

function keepNewest(store: Store, ids: readonly string[]): readonly string[] {
  for (const id of ids.slice(recordLimit)) store.records.remove(id);
  return ids.slice(0, recordLimit);
}

const ownRecords = (store: Store, { workspace }: RecordedBuild, but: string): readonly string[] =>
  [...readRecords(store)].flatMap(({ id, record }) =>
    record.workspace === workspace.directory && id !== but ? [id] : [],
  );

const stampName = (directory: string): string => `build record of ${directory}`;

/** Records of builds of a workspace, or of all, newest first; what is damaged or of another version is passed over. */
export function* readRecords(store: Store, workspace?: string): Generator<KeptRecord> {
  const known = workspace === undefined ? undefined : readStamp(store.contexts.get(stampName(workspace)));
  for (const id of known?.records ?? store.records.list()) {
    const record = store.records.get(id) as unknown as BuildRecord | undefined;
    if (record?.version !== 1 || !("declarations" in record)) continue;
    if (workspace === undefined || record.workspace === workspace) yield { id, record };
  }
}

/** What the newest record was made of: the ids of images, and the files whose places it has. */
interface Stamp {
  readonly version: 1;
  readonly files: Readonly<Record<string, string>>;
  readonly images: Readonly<Record<string, string>>;
  /** Ids of the records of the workspace, newest first; unknown where the stamp was lost. */
  readonly records?: readonly string[];
}

function readStamp(bytes: Uint8Array | undefined): Stamp {
  const none: Stamp = { version: 1, files: {}, images: {} };
  if (bytes === undefined) return none;
  try {
    const stamp = JSON.parse(Buffer.from(bytes).toString("utf8")) as Partial<Stamp> | null;
    return stamp?.version === 1 ? { ...none, ...stamp } : none;
  } catch (error) {
    if (error instanceof SyntaxError) return none;
    throw error;
  }
}

function markOf(file: string): string {
  const stats = fs.statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? "gone" : `${stats.size} ${stats.mtimeMs}`;
}

const imageIds = (images: readonly BuiltImage[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    images.map(({ name, platforms }) => [name, platforms.map(({ imageId }) => imageId).join(" ")]),
  );

const siteOf = (site: Site | undefined): { readonly site?: Place } => {
  const place = site?.place();
  return place === undefined ? {} : { site: place };
};

function recordOf({ workspace, definition, solution, images }: RecordedBuild): BuildRecord {
  const vertices = [...definition.vertices.values()].map((vertex): readonly [string, RecordedVertex] => {
    const state = solution.states.get(vertex.id) ?? { outcome: "cancelled" };
    const result =
      "key" in state
        ? {
            ms: Math.round(state.ms),
            ...(state.layer === null ? {} : { layer: state.layer.diffId }),
          }
        : {};
    const { outcome } = state;
    return [
      vertex.id,
      { ...whatOf(vertex), outcome, ...askedOf(solution.keys.get(vertex.id), outcome), ...result },
    ];
  });
  return {
    version: 1,
    workspace: workspace.directory,
    time: new Date().toISOString(),
    vertices: Object.fromEntries(vertices),
    images: images.map(recordedImage),
    tops: Object.fromEntries(definition.images.map((image) => [image.name, topsOf(image)])),
    declarations: recordDeclarations(workspace),
  };
}

function whatOf({ name, op, inputs, platform, images, site }: Vertex): Omit<RecordedVertex, "outcome"> {
  const base = (op.type === "file" || op.type === "exec") && op.base !== undefined ? { base: op.base } : {};
  const declaration = createHash("sha256").update(canonicalJson(op)).digest("hex").slice(0, 16);
  const what = {
    name,
    op: op.type,
    platform: formatPlatform(platform),
    inputs,
    ...base,
    images,
    declaration,
  };
  return { ...what, ...siteOf(site) };
}

function askedOf(
  asked: AskedKey | undefined,
  outcome: RecordedVertex["outcome"],
): Pick<RecordedVertex, "key" | "keyInputs" | "miss"> {
  if (asked === undefined) return {};
  const { key, inputs, miss } = asked;
  if (outcome === "cached") return { key };
  return { key, keyInputs: inputs, ...(miss === undefined ? {} : { miss }) };
}

const topsOf = ({ platforms }: CompiledImage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    platforms.flatMap(({ platform, top }) => (top === undefined ? [] : [[formatPlatform(platform), top]])),
  );

function recordedImage({ name, image, platforms }: BuiltImage): RecordedImage {
  return {
    name,
    ...siteOf(image.site),
    platforms: platforms.map(({ platform, imageId }, index) => ({
      platform: formatPlatform(platform),
      imageId,
      steps: (image.platforms[index]?.steps ?? []).map((step) => ({
        ...(step.type === "layer" ? { vertex: step.vertex } : {}),
        createdBy: step.createdBy,
        ...siteOf(step.site),
      })),
    })),
  };
}

function* sourceFiles({ images }: BuildRecord): Generator<string> {
  for (const { site, platforms } of images) {
    if (site !== undefined) yield site.file;
    for (const { steps } of platforms)
      for (const step of steps) if (step.site !== undefined) yield step.site.file;
  }
}

/**
 * The places of an image's instructions, oldest first, from the newest record of a build that made it; undefined where this
 * store has none. The image itself says nothing of them.
 */
export function sourcesOf(store: Store, imageId: Digest): readonly (Place | undefined)[] | undefined {
  for (const id of store.records.list()) {
    const record = store.records.get(id) as unknown as Partial<BuildRecord> | undefined;
    if (record?.version !== 1) continue;
    const platforms = (record.images ?? []).flatMap((image) => image.platforms);
    const found = platforms.find((platform) => platform.imageId === imageId);
    if (found !== undefined) return found.steps.map((step) => step.site);
  }
  return undefined;
}
