import type { Vertex } from "../../graph/definition.ts";
import type { BuildContext, PlannedAction } from "../operation-handler.ts";
import type { Tree } from "../tree.ts";
import { planDiff } from "./plan-diff.ts";
import { planExec } from "./plan-exec.ts";
import { planFile } from "./plan-file.ts";
import { planGitSource } from "./plan-git-source.ts";
import { planImageSource } from "./plan-image-source.ts";
import { planMerge } from "./plan-merge.ts";
import { planPluginSource } from "./plan-plugin-source.ts";

/** The one place that knows which operation is planned by whom. */
export function planOperation(
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
      return planDiff(inputs, vertex, context);
    case "source":
      switch (op.kind) {
        case "registry":
        case "layout":
        case "archive":
          return planImageSource(op, vertex, context);
        case "plugin":
          return planPluginSource(op, vertex, context);
        case "git":
          return planGitSource(op, vertex, context);
      }
  }
}
