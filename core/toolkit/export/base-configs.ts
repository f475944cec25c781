import type { BuildContext } from "../../build/operation-handler.ts";
import { planImageSource } from "../../build/operations/plan-image-source.ts";
import type { Definition, VertexId } from "../../graph/definition.ts";
import type { ContainerConfig } from "../../oci/spec/image-config.ts";
import type { Host } from "../host.ts";
import type { Workspace } from "../workspace.ts";
import { openReadingSession } from "./export-session.ts";
import { isPlugins, sourceConfigs } from "./source-layouts.ts";

/** The configurations of these sources; registries are asked only if there is one to ask, and plugins' sources are built. */
export async function readBaseConfigs(
  sources: readonly VertexId[],
  definition: Definition,
  workspace: Workspace,
  host: Host,
): Promise<ReadonlyMap<VertexId, ContainerConfig>> {
  if (sources.length === 0) return new Map();
  await using session = await openReadingSession(workspace, host);
  const read = async (id: VertexId) => [id, await configOf(id, definition, session.context)] as const;
  const made = sources.filter((id) => isPlugins(id, definition));
  const others = sources.filter((id) => !made.includes(id));
  return new Map([
    ...(await Promise.all(others.map(read))),
    ...(made.length === 0 ? [] : await sourceConfigs(made, definition, session)),
  ]);
}

/** Of an image in a registry, a layout or an archive. */
async function configOf(
  id: VertexId,
  { vertices }: Definition,
  context: BuildContext,
): Promise<ContainerConfig> {
  const vertex = vertices.get(id);
  if (vertex?.op.type !== "source" || vertex.op.kind === "plugin" || vertex.op.kind === "git")
    throw new Error(`${id} is no image from outside`);
  const planned = await planImageSource(vertex.op, vertex, context);
  return planned.tree({ layer: null }).base.config.config ?? {};
}
