import type { BuiltImage } from "../build/store-image.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { storeName } from "./find-image.ts";
import type { KeptRecord } from "./build-record.ts";
import type { BuildSession } from "./build-session.ts";
import type { Host } from "./host.ts";
import { nameImages } from "./name-images.ts";
import { type SolveHooks, solveImages, type SolvedImages } from "./solve-images.ts";
import type { SolveSelection } from "./solve-options.ts";
import type { ExplainedVertex } from "./why/explain-build.ts";
import { nowMs } from "../util/now-ms.ts";

export interface BuildOptions extends SolveSelection {
  /** Further names for the image; for one image only. */
  readonly tags: readonly string[];
  /** `type=oci|docker|local,dest=PATH`. */
  readonly outputs: readonly string[];
  /** Another engine that gets the images too. */
  readonly load?: string | undefined;
  /** Build again without cache and compare. */
  readonly verify: boolean;
  /** Say why everything ran that ran; called also where the build fails then. */
  readonly explain: ((vertices: readonly ExplainedVertex[]) => void) | undefined;
}

/** What `tsdock build --json` prints. */
export interface BuildResult {
  readonly images: readonly {
    readonly name: string;
    readonly platforms: readonly {
      readonly platform: string;
      readonly digest: Digest | null;
      readonly imageId: Digest;
      readonly layers: readonly {
        readonly digest: Digest | null;
        readonly diffId: Digest;
        readonly size: number;
        readonly cached: boolean;
      }[];
    }[];
    readonly imageId?: Digest;
    readonly digest: Digest | null;
    readonly tags: readonly string[];
    readonly cached: boolean;
    readonly ms: number;
  }[];
  readonly ms: number;
  /** With `--explain`: everything that ran, and why. */
  readonly explain?: readonly ExplainedVertex[];
  readonly vertices: { readonly total: number; readonly cached: number; readonly ran: number };
}

export async function buildImages(
  options: BuildOptions,
  host: Host,
  hooks: Pick<SolveHooks, "opened" | "chosen"> = {},
): Promise<BuildResult> {
  const start = nowMs();
  const writeOutputs = await outputsWriter(options.outputs, host);
  const names = options.tags.map(storeName);
  let explained: readonly ExplainedVertex[] = [];
  const recorded = async (build: KeptRecord, { store }: BuildSession): Promise<void> => {
    const { explainRecorded } = await import("./why/explain-recorded.ts");
    explained = explainRecorded(store, build);
    options.explain?.(explained);
  };
  const explaining = options.explain === undefined ? {} : { recorded };
  await using solved = await solveImages(options, host, { ...hooks, ...explaining });
  if (options.verify) {
    const { verifyReproducible } = await import("./verify-reproducible.ts");
    await verifyReproducible(solved, options, host);
  }
  await nameAlso(solved, names);
  await writeOutputs(solved);
  if (options.load !== undefined) {
    const { loadBuilt } = await import("./load-built.ts");
    await loadBuilt(options.load, solved, names, host);
  }
  const states = [...solved.solution.states.values()];
  return {
    images: solved.images.map((image) => describe(image, names)),
    ms: Math.round(nowMs() - start),
    ...(options.explain === undefined ? {} : { explain: explained }),
    vertices: {
      total: states.length,
      cached: states.filter(({ outcome }) => outcome === "cached").length,
      ran: states.filter(({ outcome }) => outcome === "ran").length,
    },
  };
}

/** Reads what `--output` says before anything is built. */
async function outputsWriter(
  texts: readonly string[],
  host: Host,
): Promise<(solved: SolvedImages) => Promise<void>> {
  if (texts.length === 0) return () => Promise.resolve();
  const { parseOutput, writeOutput } = await import("./outputs.ts");
  const outputs = texts.map((text) => parseOutput(text, host));
  return async (solved) => {
    for (const output of outputs) await writeOutput(output, solved, host);
  };
}

async function nameAlso({ images, session }: SolvedImages, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const [image] = images;
  if (image === undefined || images.length > 1) {
    throw new TsdockError("USAGE", `--tag names one image, and ${images.length} were built`, {
      hint: "select one image: tsdock build IMAGE --tag NAME",
    });
  }
  const entries = names.map((name) => ({ name, descriptor: image.descriptor }));
  await nameImages(session.store, entries, { built: true });
}

/** Layers rest uncompressed in the store: their published digests are not known before they are compressed. */
function describe(image: BuiltImage, names: readonly string[]): BuildResult["images"][number] {
  const [only] = image.platforms;
  return {
    name: image.name,
    platforms: image.platforms.map(({ platform, imageId, layers }) => ({
      platform: formatPlatform(platform),
      digest: null,
      imageId,
      layers: layers.map(({ diffId, descriptor, cached }) => ({
        digest: descriptor.digest === diffId ? null : descriptor.digest,
        diffId,
        size: descriptor.size,
        cached,
      })),
    })),
    ...(image.platforms.length === 1 && only !== undefined ? { imageId: only.imageId } : {}),
    digest: null,
    tags: [`${image.name}:latest`, ...names],
    cached: image.cached,
    ms: Math.round(image.ms),
  };
}
