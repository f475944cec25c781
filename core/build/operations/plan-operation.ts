import type { Vertex } from "../../graph/definition.ts";
import type { BuildContext, PlannedAction } from "../operation-handler.ts";
import type { Tree } from "../tree.ts";
import { planExec } from "./plan-exec.ts";
import { planFile } from "./plan-file.ts";
import { planImageSource } from "./plan-image-source.ts";
import { planMerge } from "./plan-merge.ts";

/** The one place that knows which operation is planned by whom; the rarer ones are loaded when they are met. */
export async function planOperation(
  vertex: Vertex,
  inputs: readonly Tree[],
  context: BuildContext,
): Promise<PlannedAction> {
  const { op } = vertex;
  switch (op.type) {
    case "file":
      return planFile(op, inputs, vertex, context);
    case "exec":
      return planExec(op, inputs, vertex, context);
    case "merge":
      return planMerge(inputs, vertex, context);
    case "diff":
      return (await import("./plan-diff.ts")).planDiff(inputs, vertex, context);
    case "source":
      switch (op.kind) {
        case "registry":
        case "layout":
        case "archive":
          return planImageSource(op, vertex, context);
        case "plugin":
          return (await import("./plan-plugin-source.ts")).planPluginSource(op, vertex, context);
        case "git":
          return (await import("./plan-git-source.ts")).planGitSource(op, vertex, context);
      }
  }
}
