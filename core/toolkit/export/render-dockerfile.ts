import type { CompiledImage, Definition, Stage, VertexId } from "../../graph/definition.ts";
import {
  type ExportedDockerfile,
  exportDockerfile,
} from "../../graph/export/dockerfile/export-dockerfile.ts";
import { neededStages } from "../../graph/export/dockerfile/needed-stages.ts";
import { basesToRead } from "../../graph/export/dockerfile/stage-config.ts";
import { formatPlatform, type Platform } from "../../oci/spec/platform.ts";
import type { Host } from "../host.ts";
import { readBaseConfigs } from "./base-configs.ts";
import type { ExportSubject } from "./export-session.ts";
import { isKeptBeside, refuseSources } from "./source-layouts.ts";
import { createVariableNames } from "./variable-names.ts";

/**
 * Writes groups of images as Dockerfiles, each for all its platforms. Errors `EXPORT_UNSUPPORTED`, and those of registries.
 * @param hasBeside whether something can be put beside the file
 */
export async function createDockerfiles(
  { workspace, images }: ExportSubject,
  hasBeside: boolean,
  host: Host,
): Promise<(images: readonly CompiledImage[]) => ExportedDockerfile> {
  const { definition, stages } = workspace.compiled;
  const names = new Set(images.map(({ name }) => name));
  const tops = stages.filter(({ exported, name }) => exported && name !== undefined && names.has(name));
  const needed = neededStages(tops, stages, definition).map(({ stage }) => stage);
  if (!hasBeside) refuseSources(keptBeside(tops, definition), definition);
  const bases = await readBaseConfigs(basesToRead(needed, definition), definition, workspace, host);
  const variableAt = createVariableNames();
  return (group) =>
    exportDockerfile({
      definition,
      stages,
      images: group,
      platforms: platformsOf(group),
      workspace: workspace.directory,
      bases,
      variableAt,
    });
}

/** What plugins and docker archives give to these images, or to what they are made of. */
function keptBeside(tops: readonly Stage[], definition: Definition): readonly VertexId[] {
  const found = new Set<VertexId>();
  const visit = (id: VertexId): void => {
    if (found.has(id)) return;
    found.add(id);
    for (const input of definition.vertices.get(id)?.inputs ?? []) visit(input);
  };
  for (const { top } of tops) if (top !== undefined) visit(top);
  return [...found].filter((id) => isKeptBeside(id, definition));
}

/** All platforms of these images, each once. */
export function platformsOf(images: readonly CompiledImage[]): readonly Platform[] {
  const all = images.flatMap(({ platforms }) => platforms.map(({ platform }) => platform));
  return [...new Map(all.map((platform) => [formatPlatform(platform), platform])).values()];
}
