import type { Definition, Stage } from "../../definition.ts";

/** Directories that the operations of a stage take files from, in their order. */
export function contextsOf(stage: Stage, { vertices }: Definition): readonly string[] {
  return stage.steps.slice(stage.inherited).flatMap((step) => {
    const op = step.type === "layer" ? vertices.get(step.vertex)?.op : undefined;
    if (op?.type === "file")
      return "source" in op.action && op.action.source.type === "context" ? [op.action.source.directory] : [];
    if (op?.type !== "exec") return [];
    return op.mounts.flatMap((mount) =>
      mount.type === "bind" && mount.source.type === "context" ? [mount.source.directory] : [],
    );
  });
}

/** Names that already mean an image of a registry. */
export const referencesIn = ({ vertices }: Definition): readonly string[] =>
  [...vertices.values()].flatMap(({ op }) =>
    op.type === "source" && op.kind === "registry" ? [op.reference] : [],
  );
