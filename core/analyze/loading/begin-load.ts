import { hookedSession, warmHooks } from "./hooked-session.ts";
import type { KeptTransforms } from "./kept-transforms.ts";
import { canLink, linkSession, warmLinking } from "./linked-session.ts";
import type { LoadRequest, SourceOverlay } from "./load-report.ts";
import type { LoadSession, SelfModules } from "./load-session.ts";
import { requestScheme } from "./load-url.ts";
import { nativeImport } from "./native-import.ts";
import { registerSelfModule } from "./self-module.ts";

export interface LoadOptions {
  /** The modules that are to be imported: absolute paths. */
  readonly files: readonly string[];
  /** What the modules get for `tsdock`, `tsdock/plugin` …: see `SelfModules`. */
  readonly self: SelfModules;
  /** Runs them as they were: what it does not mention is read from the disk. */
  readonly overlay?: SourceOverlay | undefined;
  /** Used and added to where modules are linked. */
  readonly transforms?: KeptTransforms | undefined;
  /** How long a module may run. Not kept by Node's own loader. */
  readonly timeoutMs?: number | undefined;
  /** False: by Node's own loader and hooks in any case. */
  readonly linked?: boolean | undefined;
}

let loads = 0;

/**
 * Links the modules on this thread where that can be done, which takes a tenth of the time; leaves them to Node's loader, with
 * hooks in it, where the process was not started for it or a module needs that loader.
 */
export async function beginLoad({
  files,
  self,
  overlay,
  transforms,
  timeoutMs = 30_000,
  linked = true,
}: LoadOptions): Promise<LoadSession> {
  const session =
    linked && canLink() ? linkSession(files, requestFor(self, overlay), timeoutMs, transforms) : undefined;
  if (session !== undefined) return session;
  return hookedSession(requestFor(self, overlay));
}

/** Loads what loading needs, ahead of the first load. */
export async function warmLoading(): Promise<void> {
  if (canLink()) warmLinking();
  else await warmHooks();
}

/** Begins to read what almost every module imports. What fails then fails again. */
export function loadAhead({ tsdock }: SelfModules): void {
  if (typeof tsdock === "string") nativeImport(tsdock).catch(() => undefined);
}

/** A load of its own. Modules that are there stay on this thread: who is asked for them gets the names of their exports. */
function requestFor(self: SelfModules, overlay: SourceOverlay | undefined): LoadRequest {
  const load = String(++loads);
  const entries = Object.entries(self).map(([specifier, module]): [string, string | readonly string[]] => {
    if (typeof module === "string") return [specifier, module];
    registerSelfModule(`${requestScheme}self/${load}/${specifier}`, module);
    return [specifier, Object.keys(module)];
  });
  return { load, self: Object.fromEntries(entries), ...(overlay === undefined ? {} : { overlay }) };
}
