import { TsdockError } from "../../../errors/tsdock-error.ts";
import type { ContainerConfig } from "../../../oci/spec/image-config.ts";
import type { Problems } from "../../compile/problems.ts";
import type { ImageStep, Stage } from "../../definition.ts";
import { configText } from "./config-text.ts";
import { fileText } from "./file-text.ts";
import { laidOver } from "./laid-over.ts";
import { runText } from "./run-text.ts";
import { after, settle } from "./stage-config.ts";
import type { StageState, Surroundings } from "./surroundings.ts";

export interface StageRequest {
  readonly stage: Stage;
  readonly around: Surroundings;
  /** Of the source; undefined where it is not known. */
  readonly baseConfig: ContainerConfig | undefined;
  readonly problems: Problems;
}

/** The instructions of a stage after its FROM, in the order in which they were written. What cannot be said goes to `problems`. */
export function writeStage({ stage, around, baseConfig, problems }: StageRequest): readonly string[] {
  const isKnown = stage.source === undefined || baseConfig !== undefined;
  let config = after(baseConfig ?? {}, { type: "env", values: {} });
  let hasPrograms = isFromOutside(stage, around);
  const lines: string[] = [];
  for (const [index, step] of stage.steps.entries()) {
    const isOwn = index >= stage.inherited;
    const settled = problems.attempt(() => settledStep(step, config, isKnown)) ?? step;
    const state: StageState = {
      config,
      isKnown,
      hasPrograms: hasPrograms || runsLater(stage, index, around),
    };
    const text = isOwn ? problems.attempt(() => stepText(settled, around, state)) : undefined;
    if (text !== undefined) lines.push(text);
    if (settled.type === "layers") continue;
    if (settled.instruction !== undefined) config = after(config, settled.instruction);
    if (settled.type === "layer" && around.vertex(settled.vertex).op.type === "exec") hasPrograms = true;
  }
  return lines;
}

/** Images that others made have programs as a rule; where one has none, building says so. */
function isFromOutside({ source }: Stage, around: Surroundings): boolean {
  if (source === undefined) return false;
  return around.vertex(source).op.type === "source";
}

/** Something that runs later in the same image: what it runs is there already, unless it is brought in between. */
function runsLater({ steps }: Stage, index: number, around: Surroundings): boolean {
  const next = steps.slice(index + 1).find((step) => {
    if (step.type !== "layer") return step.type === "layers";
    const { op } = around.vertex(step.vertex);
    return op.type === "exec" || (op.type === "file" && !["remove", "directory"].includes(op.action.type));
  });
  return next?.type === "layer" && around.vertex(next.vertex).op.type === "exec";
}

function settledStep(step: ImageStep, config: ContainerConfig, isKnown: boolean): ImageStep {
  if (step.type === "layers" || step.instruction?.type !== "env-extend") return step;
  if (!isKnown)
    throw new TsdockError("ENV_EXTENSION_FAILED", "the base's environment is not known", {
      place: step.site?.place(),
    });
  return { ...step, instruction: settle(config, step.instruction) };
}

function stepText(step: ImageStep, around: Surroundings, state: StageState): string | undefined {
  const { site } = step;
  if (step.type === "layers") return laidOver(step.vertex, around, true, site);
  if (step.instruction !== undefined) {
    const { config, isKnown } = state;
    const shell = config.Shell ?? (isKnown ? ["/bin/sh", "-c"] : undefined);
    if (step.instruction.type === "on-build" && step.instruction.triggers.length === 0) return undefined;
    return configText(step.instruction, shell, site);
  }
  if (step.type === "config") return undefined;
  const vertex = around.vertex(step.vertex);
  const { op } = vertex;
  if (op.type === "exec") return runText(op, { vertex, around, state, site });
  if (op.type === "file") return fileText(op, { vertex, around, state, site });
  throw new Error(`a step of an image cannot be a ${op.type}`);
}
