import type { BuiltImage } from "../build/store-image.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { diffTrees, mergeLayers } from "../oci/layer/tree.ts";
import type { BuildSession } from "./build-session.ts";
import type { Host } from "./host.ts";
import { solveIn, type SolvedImages } from "./solve-images.ts";
import type { SolveSelection } from "./solve-options.ts";

/** Builds again, with nothing from the cache, twice, and compares. Error `NOT_REPRODUCIBLE` names the first file that differs. */
export async function verifyReproducible(
  solved: SolvedImages,
  selection: SolveSelection,
  host: Host,
): Promise<void> {
  await using first = await solveIn(solved.workspace, { ...selection, noCache: true }, host);
  const kept = first.images;
  await using second = await solveIn(solved.workspace, { ...selection, noCache: true }, host);
  for (const image of second.images) {
    const before = kept.find((one) => one.name === image.name);
    if (before !== undefined) await compare(before, image, second.session);
  }
}

async function compare(before: BuiltImage, after: BuiltImage, session: BuildSession): Promise<void> {
  for (const [index, platform] of after.platforms.entries()) {
    const other = before.platforms[index];
    if (other === undefined || other.imageId === platform.imageId) continue;
    const layer = platform.layers.findIndex(({ diffId }, at) => other.layers[at]?.diffId !== diffId);
    const [a, b] = [other.layers[layer]?.diffId, platform.layers[layer]?.diffId];
    const where =
      layer < 0
        ? "their configuration"
        : `layer ${layer + 1}${a === undefined || b === undefined ? "" : `: ${await firstDifference(a, b, session)}`}`;
    throw new TsdockError("NOT_REPRODUCIBLE", `two builds of ${after.name} differ in ${where}`, {
      hint: "remove what differs in the RUN that makes it, such as logs, caches and random names",
    });
  }
}

async function firstDifference(
  a: `sha256:${string}`,
  b: `sha256:${string}`,
  { context }: BuildSession,
): Promise<string> {
  const [one, other] = await Promise.all([context.layers.entries(a), context.layers.entries(b)]);
  const changed = diffTrees(mergeLayers([one]), mergeLayers([other])).filter(
    (entry) => entry.type !== "directory",
  );
  const path = changed[0]?.path;
  return path === undefined
    ? "the order or attributes of its entries"
    : `/${Buffer.from(path, "latin1").toString("utf8")}`;
}
