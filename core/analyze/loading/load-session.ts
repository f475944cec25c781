import type { LoadReport, LoadRequest, SourceOverlay } from "./load-report.ts";
import { markedUrl, requestScheme } from "./load-url.ts";
import { nativeImport } from "./native-import.ts";
import { registerHooks } from "./register-hooks.ts";
import { registerSelfModule } from "./self-module.ts";

type Namespace = Readonly<Record<string, unknown>>;

/** What `tsdock`, `tsdock/plugin` and the rest are for the modules that are loaded: a URL, or a module that is there. */
export type SelfModules = Readonly<Record<string, string | Namespace>>;

/** One load: its modules are fresh and know only each other. */
export interface LoadSession {
  import(file: string): Promise<Namespace>;
  report(): Promise<LoadReport>;
}

let loads = 0;

export async function beginLoad(self: SelfModules, overlay?: SourceOverlay): Promise<LoadSession> {
  await registerHooks();
  const load = String(++loads);
  const request: LoadRequest = {
    load,
    self: describe(load, self),
    ...(overlay === undefined ? {} : { overlay }),
  };
  await nativeImport(`${requestScheme}begin/${encodeURIComponent(JSON.stringify(request))}`);
  let reports = 0;
  return {
    import: (file) => nativeImport(markedUrl(file, load)),
    async report() {
      const { default: report } = await nativeImport(`${requestScheme}report/${load}/${++reports}`);
      return report as LoadReport;
    },
  };
}

/** Loads what loading needs, ahead of the first load: in the thread of the hooks where they have one. */
export async function warmLoading(): Promise<void> {
  await registerHooks();
  await nativeImport(`${requestScheme}warm/`);
}

/** Modules that are there stay on this thread; the hooks get the names of their exports. */
function describe(load: string, self: SelfModules): LoadRequest["self"] {
  const entries = Object.entries(self).map(([specifier, module]) => {
    if (typeof module === "string") return [specifier, module] as const;
    registerSelfModule(`${requestScheme}self/${load}/${specifier}`, module);
    return [specifier, Object.keys(module)] as const;
  });
  return Object.fromEntries(entries) as LoadRequest["self"];
}
