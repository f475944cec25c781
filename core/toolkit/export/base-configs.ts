import type { BuildContext } from "../../build/operation-handler.ts";
import { planImageSource } from "../../build/operations/plan-image-source.ts";
import type { Definition, VertexId } from "../../graph/definition.ts";
import type { ContainerConfig } from "../../oci/spec/image-config.ts";
import type { Host } from "../host.ts";
import type { Workspace } from "../workspace.ts";
import { openReadingSession } from "./export-session.ts";

/** The configurations of these sources; registries are asked only if there is one to ask. */
export async function readBaseConfigs(
  sources: readonly VertexId[],
  definition: Definition,
  workspace: Workspace,
  host: Host,
): Promise<ReadonlyMap<VertexId, ContainerConfig>> {
  if (sources.length === 0) return new Map();
  await using session = await openReadingSession(workspace, host);
  const read = async (id: VertexId) => [id, await configOf(id, definition, session.context)] as const;
  return new Map(await Promise.all(sources.map(read)));
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
