import fs from "node:fs";
import type { BuiltImage } from "../build/store-image.ts";
import type { Solution } from "../build/solver.ts";
import type { Place } from "../errors/place.ts";
import type { Definition, Site } from "../graph/definition.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import type { Store } from "../oci/store/store.ts";
import type { Json } from "../util/json.ts";

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
}

export interface RecordedVertex {
  readonly name: string;
  readonly op: string;
  readonly platform: string;
  /** Ids of the vertices that it stands on. */
  readonly inputs: readonly string[];
  readonly outcome: "ran" | "cached" | "failed" | "cancelled";
  /** Of the action's record, which has what the key was made of; absent where the vertex got none. */
  readonly key?: string;
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
  readonly workspace: string;
  readonly definition: Definition;
  readonly solution: Solution;
  readonly images: readonly BuiltImage[];
}

/** Writes what a build did, unless it did nothing and the newest record of this workspace says all that this one would. */
export async function recordBuild(store: Store, build: RecordedBuild): Promise<void> {
  const ran = [...build.solution.states.values()].some(({ outcome }) => outcome !== "cached");
  const stampKey = `build record of ${build.workspace}`;
  const known = readStamp(store.contexts.get(stampKey));
  const ids = imageIds(build.images);
  const isNew = Object.entries(ids).some(([name, id]) => known.images[name] !== id);
  if (!ran && !isNew && Object.entries(known.files).every(([file, mark]) => markOf(file) === mark)) return;
  const record = recordOf(build);
  await store.records.put(record as unknown as Json);
  const files = Object.fromEntries([...sourceFiles(record)].map((file) => [file, markOf(file)]));
  const stamp: Stamp = { version: 1, files, images: { ...known.images, ...ids } };
  store.contexts.put(stampKey, Buffer.from(JSON.stringify(stamp)));
}

/** What the newest record was made of: the ids of images, and the files whose places it has. */
interface Stamp {
  readonly version: 1;
  readonly files: Readonly<Record<string, string>>;
  readonly images: Readonly<Record<string, string>>;
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
            key: state.key,
            ms: Math.round(state.ms),
            ...(state.layer === null ? {} : { layer: state.layer.diffId }),
          }
        : {};
    const { name, op, inputs, platform, site } = vertex;
    const what = { name, op: op.type, platform: formatPlatform(platform), inputs };
    return [vertex.id, { ...what, outcome: state.outcome, ...result, ...siteOf(site) }];
  });
  return {
    version: 1,
    workspace,
    time: new Date().toISOString(),
    vertices: Object.fromEntries(vertices),
    images: images.map(recordedImage),
  };
}

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
