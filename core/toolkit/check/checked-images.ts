import type { CompiledImage, CompiledPlatform, ImageStep } from "../../graph/definition.ts";
import type { LayerEntry } from "../../oci/layer/entry.ts";
import { indexLayer } from "../../oci/layer/index-layer.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import type { Store } from "../../oci/store/store.ts";
import type { CheckedBuild, CheckedImage, CheckedLayer } from "../../plugin/check-contract.ts";
import { type BuildRecord, readRecords, type RecordedImage } from "../build-record.ts";
import { manifestsOf } from "../find-image.ts";
import type { Workspace } from "../workspace.ts";

export interface CheckedImages {
  readonly images: readonly CheckedImage[];
  /** Names of those that the store has only as an older declaration gave them. */
  readonly outdated: readonly string[];
}

/** The images of a workspace with what the store has of each, where that is what the declarations say now. */
export async function checkedImages(workspace: Workspace, store: Store): Promise<CheckedImages> {
  const records = new LatestRecords(store, workspace.directory);
  const entriesOf = layerReader(store);
  const images: CheckedImage[] = [];
  const outdated: string[] = [];
  for (const image of workspace.compiled.definition.images) {
    const stored = store.images.resolve(`${image.name}:latest`);
    const views = stored === undefined ? [] : await manifestsOf(store, stored.descriptor);
    for (const declared of image.platforms) {
      const platform = formatPlatform(declared.platform);
      const view = views.find(({ config }) => formatPlatform(config) === platform);
      const found = view === undefined ? undefined : records.find(image.name, view.manifest.config.digest);
      const isCurrent = found !== undefined && sameSteps(found.image, declared);
      if (view !== undefined && !isCurrent && !outdated.includes(image.name)) outdated.push(image.name);
      images.push({
        name: image.name,
        image,
        declared,
        place: placeOf(image),
        ...(view === undefined || !isCurrent
          ? {}
          : { built: built(view.manifest.config.digest, view.config, declared, found.record, entriesOf) }),
      });
    }
  }
  return { images, outdated };
}

const placeOf = (image: CompiledImage): CheckedImage["place"] => image.site?.place();

/** Whether a lock pins something, as rules ask it. */
export const lockedIn =
  (lock: { readonly images: object; readonly git: object }) =>
  (kind: "image" | "git", entry: string): boolean =>
    Object.hasOwn(kind === "image" ? lock.images : lock.git, entry);

type RecordedPlatform = RecordedImage["platforms"][number];

/** Records of builds of one workspace, read as far as they are needed. */
class LatestRecords {
  readonly #records: Iterator<{ readonly record: BuildRecord }>;
  readonly #known: BuildRecord[] = [];

  constructor(store: Store, workspace: string) {
    this.#records = readRecords(store, workspace);
  }

  /** The newest that made an image of this id under this name. */
  find(
    name: string,
    imageId: Digest,
  ): { readonly record: BuildRecord; readonly image: RecordedPlatform } | undefined {
    for (let at = 0; ; at++) {
      const record = this.#known[at] ?? this.#next();
      if (record === undefined) return undefined;
      const platforms = record.images.find((image) => image.name === name)?.platforms ?? [];
      const image = platforms.find((platform) => platform.imageId === imageId);
      if (image !== undefined) return { record, image };
    }
  }

  #next(): BuildRecord | undefined {
    const next = this.#records.next();
    if (next.done === true) return undefined;
    this.#known.push(next.value.record);
    return next.value.record;
  }
}

const vertexOf = (step: ImageStep): string | undefined => (step.type === "layer" ? step.vertex : undefined);

/** Ids of vertices are what was written: equal ones mean an equal declaration. */
function sameSteps({ steps }: RecordedPlatform, declared: CompiledPlatform): boolean {
  if (steps.length !== declared.steps.length) return false;
  return declared.steps.every((step, index) => {
    const recorded = steps[index];
    return (
      recorded?.vertex === vertexOf(step) && (recorded?.createdBy === step.createdBy || step.type === "layer")
    );
  });
}

function built(
  imageId: Digest,
  config: {
    readonly config?: CheckedBuild["config"];
    readonly rootfs: { readonly diff_ids: readonly Digest[] };
  },
  declared: CompiledPlatform,
  record: BuildRecord,
  entriesOf: (diffId: Digest) => readonly LayerEntry[] | undefined,
): CheckedBuild {
  const steps = new Map(
    declared.steps.flatMap((step) => {
      const layer = step.type === "layer" ? record.vertices[step.vertex]?.layer : undefined;
      return layer === undefined ? [] : [[layer, step] as const];
    }),
  );
  const layers = config.rootfs.diff_ids.map((diffId): CheckedLayer => {
    const step = steps.get(diffId);
    return {
      diffId,
      entries: () => entriesOf(diffId),
      ...(step === undefined ? {} : { step: { createdBy: step.createdBy, place: step.site?.place() } }),
    };
  });
  return { imageId, config: config.config ?? {}, layers };
}

/** Each layer is read once, however many images have it. One that is only in its registry is not fetched. */
function layerReader(store: Store): (diffId: Digest) => readonly LayerEntry[] | undefined {
  const known = new Map<Digest, readonly LayerEntry[] | undefined>();
  return (diffId) => {
    if (!known.has(diffId))
      known.set(diffId, store.blobs.has(diffId) ? indexLayer(store.blobs.path(diffId)) : undefined);
    return known.get(diffId);
  };
}
