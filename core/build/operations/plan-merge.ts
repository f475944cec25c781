import type { Vertex } from "../../graph/definition.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import type { BuildContext, PlannedAction } from "../operation-handler.ts";
import { contentOf, type Tree } from "../tree.ts";
import { sourceImageConfig } from "../../graph/assemble-image.ts";

/** The stacks of all inputs on one another: nothing is copied, since every layer is a difference already. */
export function planMerge(
  inputs: readonly Tree[],
  vertex: Vertex,
  context: BuildContext,
): Promise<PlannedAction> {
  const layers = inputs.flatMap((tree) => tree.layers);
  const config = sourceImageConfig(
    vertex.platform,
    layers.map(({ diffId }) => ({ diffId, createdBy: "MERGE" })),
  );
  return Promise.resolve({
    inputs: {
      op: "merge",
      platform: formatPlatform(vertex.platform),
      trees: inputs.map(contentOf).join(" | "),
    },
    run: () => Promise.resolve({ layer: null }),
    tree: () => ({ layers, base: { config } }),
    available: () => layers.every((layer) => context.layers.has(layer.diffId)),
  });
}
