import { select } from "../graph/select.ts";
import { affectedIn } from "./affected-images.ts";
import type { Host } from "./host.ts";
import type { Workspace, WorkspaceRequest } from "./workspace.ts";

interface SinceRequest extends WorkspaceRequest {
  readonly images: readonly string[];
  readonly since: string | undefined;
}

/**
 * Names of the images that are meant, without those that nothing since `since` affects. Without it, what was asked for, as it was
 * written: none means all then. Errors are those of `affectedImages`.
 */
export async function affectedSince(
  request: SinceRequest,
  workspace: Workspace,
  host: Host,
): Promise<readonly string[]> {
  const { images, since } = request;
  if (since === undefined) return images;
  const result = await affectedIn(workspace, { ...request, since }, host);
  const affected = new Set(result.images.map(({ name }) => name));
  const { definition } = workspace.compiled;
  return select(definition, { names: images, groups: workspace.config.groups }).flatMap(({ name }) =>
    affected.has(name) ? [name] : [],
  );
}
