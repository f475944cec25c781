import { formatPlace } from "../errors/place.ts";
import { isTsdockError, type TsdockError, TsdockErrors } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import type { Host } from "./host.ts";
import { type FoundWorkspace, findWorkspace, openFound, type WorkspaceRequest } from "./workspace.ts";

type CheckRequest = Pick<WorkspaceRequest, "config" | "params">;

/** Everything that is wrong with the declarations, their types included. Builds nothing. */
export async function checkWorkspace(request: CheckRequest, host: Host): Promise<readonly TsdockError[]> {
  const found = await orErrors(findWorkspace(request, host));
  if (!("config" in found)) return found;
  const opened = await orErrors(
    openFound(
      found,
      { params: request.params, platforms: [] },
      { ...host, emit: withoutRepeated(host.emit) },
    ),
  );
  const problems = Array.isArray(opened) ? (opened as readonly TsdockError[]) : [];
  return [...problems, ...(await readModules(found, problems, host))];
}

/** Types tell better which exports lack a base: those that no other module begins with. */
const withoutRepeated =
  (emit: EventSink): EventSink =>
  (event) => {
    if (event.type !== "warning" || event.code !== "IMAGE_WITHOUT_BASE") emit(event);
  };

/** What shows without running modules. Loads the compiler of TypeScript, which takes most of a second. */
async function readModules(
  { modules }: FoundWorkspace,
  known: readonly TsdockError[],
  host: Host,
): Promise<readonly TsdockError[]> {
  const { createProjects } = await import("../analyze/checked-project.ts");
  const { typeErrors } = await import("../analyze/type-errors.ts");
  const { exportMistakes } = await import("../analyze/export-mistakes.ts");
  const { unusedParams } = await import("../analyze/unused-params.ts");
  const projects = createProjects(modules, host.self);
  const found = projects.flatMap((project) => [
    ...typeErrors(project),
    ...exportMistakes(project),
    ...unusedParams(project),
  ]);
  return withoutRepeats(found, known);
}

/** A module that does not load is one mistake: what the compiler says at the same place, or of text that cannot be read, is the same. */
function withoutRepeats(
  found: readonly TsdockError[],
  known: readonly TsdockError[],
): readonly TsdockError[] {
  const unreadable = new Set(
    known.flatMap(({ code, place }) => (code === "MODULE_SYNTAX" && place !== undefined ? [place.file] : [])),
  );
  const places = new Set(known.flatMap(({ place }) => (place === undefined ? [] : [formatPlace(place)])));
  return found.filter(
    ({ place }) => place === undefined || !(unreadable.has(place.file) || places.has(formatPlace(place))),
  );
}

/** What a promise gives, or the mistakes that it failed with. */
async function orErrors<T>(promise: Promise<T>): Promise<T | readonly TsdockError[]> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof TsdockErrors) return error.errors;
    if (isTsdockError(error)) return [error];
    throw error;
  }
}
