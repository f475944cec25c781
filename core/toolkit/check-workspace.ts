import { isTsdockError, type TsdockError, TsdockErrors } from "../errors/tsdock-error.ts";
import type { Host } from "./host.ts";
import { openWorkspace, type Workspace, type WorkspaceRequest } from "./workspace.ts";

/** Everything that is wrong with the declarations, their types included. Builds nothing. */
export async function checkWorkspace(
  request: Pick<WorkspaceRequest, "config" | "params">,
  host: Host,
): Promise<readonly TsdockError[]> {
  let workspace: Workspace;
  try {
    workspace = await openWorkspace({ ...request, platforms: [] }, host);
  } catch (error) {
    if (error instanceof TsdockErrors) return error.errors;
    if (isTsdockError(error)) return [error];
    throw error;
  }
  const { checkTypes } = await import("../analyze/check-types.ts");
  const { unusedParams } = await import("../analyze/unused-params.ts");
  return [...checkTypes(workspace.modules, host.self), ...unusedParams(workspace.modules)];
}
