import { readLock } from "../../build/lock-file.ts";
import type { CompiledImage } from "../../graph/definition.ts";
import { select } from "../../graph/select.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { BuildSession } from "../build-session.ts";
import type { Host } from "../host.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import type { ExportRequest } from "./export-request.ts";

/** Images that are to be exported. */
export interface ExportSubject {
  readonly workspace: Workspace;
  readonly images: readonly CompiledImage[];
}

/** Error `NAME_UNKNOWN`; `USAGE` where there is nothing to export. */
export async function openSubject(request: ExportRequest, host: Host): Promise<ExportSubject> {
  const workspace = await openWorkspace(request, host);
  const images = select(workspace.compiled.definition, {
    names: request.images,
    groups: workspace.config.groups,
  });
  if (images.length > 0) return { workspace, images };
  throw new TsdockError("USAGE", "there is no image to export", {
    hint: "tsdock check says what is wrong with exports",
  });
}

/** A session for what must be asked of registries; nothing runs in it. */
export async function openReadingSession(workspace: Workspace, host: Host): Promise<BuildSession> {
  const { openSession } = await import("../build-session.ts");
  const lock = readLock(workspace.directory);
  return openSession(workspace, { lock, strict: false, secrets: [], ssh: [], runtime: undefined }, host);
}
