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

/** What a stage takes besides the image that it begins with: inputs of its operations, trees that are laid on it, trees that it is made of. */
function inputsOf(stage: Stage, { vertices }: Definition): readonly VertexId[] {
  const taken = stage.steps.slice(stage.inherited).flatMap((step) => {
    if (step.type === "layers") return [step.vertex];
    const vertex = step.type === "layer" ? vertices.get(step.vertex) : undefined;
    if (vertex === undefined || !("base" in vertex.op)) return vertex?.inputs ?? [];
    const { base } = vertex.op;
    return vertex.inputs.filter((_, index) => index !== base);
  });
  const source = stage.source === undefined ? undefined : vertices.get(stage.source);
  return source?.op.type === "merge" && stage.base === undefined ? [...source.inputs, ...taken] : taken;
}

/** The stages that stand for a vertex: its own, else those of the trees that it merges. */
function stagesFor(id: VertexId, stages: readonly Stage[], definition: Definition): readonly Stage[] {
  const vertex = definition.vertices.get(id);
  if (vertex === undefined || vertex.op.type === "source") return [];
  const own = stageOf(id, stages);
  if (own !== undefined) return [own];
  return vertex.op.type === "merge"
    ? vertex.inputs.flatMap((input) => stagesFor(input, stages, definition))
    : [];
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
      for (const other of stagesFor(input, stages, definition)) visit(other, isBaseElsewhere);
    }
  };
  for (const top of tops) visit(top, false);
  const ordered: NeededStage[] = [];
  const taken = new Set<Stage>();
  const take = (stage: Stage): void => {
    const isPinned = needed.get(stage);
    if (isPinned === undefined || taken.has(stage)) return;
    taken.add(stage);
    // What stands for the files of another stage may be declared after it.
    if (stage.base !== undefined) take(stage.base);
    for (const input of inputsOf(stage, definition))
      for (const other of stagesFor(input, stages, definition)) take(other);
    ordered.push({ stage, isPinned: isPinned || stage.platform !== stage.target });
  };
  for (const stage of stages) take(stage);
  return ordered;
}
