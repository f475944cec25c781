import { sourceImageConfig } from "../../graph/assemble-image.ts";
import type { Vertex } from "../../graph/definition.ts";
import { diffTrees } from "../../oci/layer/tree.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import type { BuildContext, PlannedAction } from "../operation-handler.ts";
import { packEntries } from "../pack-entries.ts";
import { scratchBase } from "../scratch-base.ts";
import { contentOf, type Tree, type TreeLayer } from "../tree.ts";

/** What the second tree has and the first has not. Where the second lies on the first, these are simply its further layers. */
export function planDiff(
  inputs: readonly Tree[],
  vertex: Vertex,
  context: BuildContext,
): Promise<PlannedAction> {
  const base = scratchBase(vertex.platform);
  const [lower = { layers: [], base }, upper = { layers: [], base }] = inputs;
  const further = layersAbove(lower, upper);
  const keyInputs = {
    op: "diff",
    platform: formatPlatform(vertex.platform),
    lower: contentOf(lower),
    upper: contentOf(upper),
  };
  if (further !== undefined) {
    return Promise.resolve({
      inputs: keyInputs,
      run: () => Promise.resolve({ layer: null }),
      tree: () => diffTree(further, vertex),
      available: () => further.every((layer) => context.layers.has(layer.diffId)),
    });
  }
  return Promise.resolve({
    inputs: keyInputs,
    async run() {
      const [below, above] = await Promise.all([
        context.layers.tree(lower.layers),
        context.layers.tree(upper.layers),
      ]);
      return { layer: await packEntries(diffTrees(below, above), context.store.blobs, context.signal) };
    },
    tree: ({ layer }) => diffTree(layer === null ? [] : [layer], vertex),
    available: ({ layer }) => layer === null || context.layers.has(layer.diffId),
  });
}

const diffTree = (layers: readonly TreeLayer[], vertex: Vertex): Tree => ({
  layers,
  base: {
    config: sourceImageConfig(
      vertex.platform,
      layers.map(({ diffId }) => ({ diffId, createdBy: "DIFF" })),
    ),
  },
});

function layersAbove(lower: Tree, upper: Tree): readonly TreeLayer[] | undefined {
  const shared = lower.layers.every((layer, index) => upper.layers[index]?.diffId === layer.diffId);
  return shared ? upper.layers.slice(lower.layers.length) : undefined;
}
