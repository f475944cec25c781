import type { Vertex } from "../../graph/definition.ts";
import { planExec as planCommand } from "../../graph/exec-plan.ts";
import type { ExecOperation } from "../../graph/operation.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import { canonicalJson } from "../../util/json.ts";
import { planMounts } from "../mounts/plan-mounts.ts";
import type { BuildContext, PlannedAction } from "../operation-handler.ts";
import { scratchBase } from "../scratch-base.ts";
import { contentOf, type Tree, withLayer } from "../tree.ts";

/** RUN: may read every file of its base, so its key has the whole stack; secrets and proxies are not in it. */
export async function planExec(
  op: ExecOperation,
  inputs: readonly Tree[],
  vertex: Vertex,
  context: BuildContext,
): Promise<PlannedAction> {
  const base = op.base === undefined ? undefined : inputs[op.base];
  const tree: Tree = base ?? { layers: [], base: scratchBase(vertex.platform) };
  const command = planCommand(op, tree.base.config.config ?? {});
  const mounts = await planMounts(op.mounts, inputs, vertex, context);
  return {
    inputs: {
      op: "exec",
      platform: formatPlatform(vertex.platform),
      base: contentOf(tree),
      argv: canonicalJson(command.argv),
      env: canonicalJson(command.env),
      cwd: command.cwd,
      user: command.user,
      network: op.network,
      clampTime: String(context.clampTime),
      ...Object.fromEntries(mounts.map((mount) => [`mount ${mount.name}`, mount.key])),
    },
    async run(log) {
      const { runCommand } = await import("./run-command.ts");
      return runCommand({ command, mounts, tree, network: op.network, vertex, context, log });
    },
    tree: (output) => withLayer(tree, output.layer),
    available: (output) => output.layer === null || context.layers.has(output.layer.diffId),
  };
}
