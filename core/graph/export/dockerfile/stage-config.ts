import type { ContainerConfig } from "../../../oci/spec/image-config.ts";
import { applyConfig, resolveExtensions } from "../../apply-config.ts";
import type { Definition, ImageStep, Stage, VertexId } from "../../definition.ts";
import type { ConfigInstruction } from "../../operation.ts";

/** The configurations of bases from outside that are known. */
export type BaseConfigs = ReadonlyMap<VertexId, ContainerConfig>;

/**
 * Bases whose configuration must be known before these stages can be exported: where a function extends the environment, and where a
 * step has a user (or a directory that no shell can change) of its own, after which the one before is set back.
 */
export function basesToRead(stages: readonly Stage[], { vertices }: Definition): readonly VertexId[] {
  const needed = stages.flatMap(({ source, steps }) => {
    if (source === undefined) return [];
    const { op } = vertices.get(source) ?? {};
    if (op?.type !== "source" || !["registry", "layout", "archive", "plugin"].includes(op.kind)) return [];
    return steps.some((step) => needsBase(step, vertices)) ? [source] : [];
  });
  return [...new Set(needed)];
}

function needsBase(step: ImageStep, vertices: Definition["vertices"]): boolean {
  if (step.type === "layers") return false;
  if (step.instruction?.type === "env-extend") return true;
  const op = step.type === "layer" ? vertices.get(step.vertex)?.op : undefined;
  if (op?.type !== "exec") return false;
  return op.user !== undefined || (op.workdir !== undefined && typeof op.command !== "string");
}

/** An instruction with a function replaced by what it gives for `config`. Error `ENV_EXTENSION_FAILED`. */
export function settle(config: ContainerConfig, instruction: ConfigInstruction): ConfigInstruction {
  const [settled = instruction] = resolveExtensions(config, [instruction]);
  return settled;
}

export const after = (config: ContainerConfig, instruction: ConfigInstruction): ContainerConfig =>
  instruction.type === "on-build" ? config : applyConfig(config, [instruction]);
