import type { Vertex } from "../../graph/definition.ts";
import type { FileOperation } from "../../graph/operation.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import { planFileWork } from "../file/plan-file-work.ts";
import type { BuildContext, PlannedAction } from "../operation-handler.ts";
import { scratchBase } from "../scratch-base.ts";
import { type Tree, withLayer } from "../tree.ts";

/**
 * COPY, ADD and what changes files without a shell. The key is made of the very entries that the layer will have (by content),
 * so whatever of base and sources does not show in them does not count.
 */
export async function planFile(
  op: FileOperation,
  inputs: readonly Tree[],
  vertex: Vertex,
  context: BuildContext,
): Promise<PlannedAction> {
  const base = op.base === undefined ? undefined : inputs[op.base];
  const tree: Tree = base ?? { layers: [], base: scratchBase(vertex.platform) };
  const planned = await planFileWork(op, base, inputs, context);
  return {
    inputs: { op: "file", platform: formatPlatform(vertex.platform), ...planned.keyInputs },
    async run() {
      const { packEntries } = await import("../pack-entries.ts");
      const { entries, verify } = await planned.open();
      const layer = await packEntries(entries, context.store.blobs, context.signal);
      verify();
      return { layer };
    },
    tree: (output) => withLayer(tree, output.layer),
    available: (output) => output.layer === null || context.layers.has(output.layer.diffId),
  };
}
