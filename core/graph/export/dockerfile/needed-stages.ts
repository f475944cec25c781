import type { Definition, Stage, VertexId } from "../../definition.ts";

/** A stage that a Dockerfile has. */
export interface NeededStage {
  readonly stage: Stage;
  /** It is built for the platform that a `from` names, whatever the image is for. */
  readonly isPinned: boolean;
}

/** The stage that stands for the files of a vertex: exported ones and named ones first. */
export function stageOf(top: VertexId, stages: readonly Stage[]): Stage | undefined {
  const fitting = stages.filter((stage) => stage.top === top);
  return (
    fitting.find(({ exported }) => exported) ?? fitting.find(({ name }) => name !== undefined) ?? fitting[0]
  );
}

/** Inputs of the operations that a stage adds, but what each lies on. */
export function inputsOf(stage: Stage, { vertices }: Definition): readonly VertexId[] {
  return stage.steps.slice(stage.inherited).flatMap((step) => {
    const vertex = step.type === "layer" ? vertices.get(step.vertex) : undefined;
    if (vertex === undefined || !("base" in vertex.op)) return vertex?.inputs ?? [];
    const { base } = vertex.op;
    return vertex.inputs.filter((_, index) => index !== base);
  });
}

/** Everything that these stages need, in the order in which it can be built: what others begin with or take files from first. */
export function neededStages(
  tops: readonly Stage[],
  stages: readonly Stage[],
  definition: Definition,
): readonly NeededStage[] {
  const needed = new Map<Stage, boolean>();
  const visit = (stage: Stage, isPinned: boolean): void => {
    if (needed.get(stage) !== undefined && (needed.get(stage) === true || !isPinned)) return;
    needed.set(stage, isPinned);
    const isBaseElsewhere = isPinned || stage.platform !== stage.target;
    if (stage.base !== undefined) visit(stage.base, isBaseElsewhere);
    for (const input of inputsOf(stage, definition)) {
      const other = definition.vertices.get(input)?.op.type === "source" ? undefined : stageOf(input, stages);
      if (other !== undefined) visit(other, isBaseElsewhere);
    }
  };
  for (const top of tops) visit(top, false);
  return stages.flatMap((stage) => {
    const isPinned = needed.get(stage);
    return isPinned === undefined ? [] : [{ stage, isPinned: isPinned || stage.platform !== stage.target }];
  });
}
