import type { LoadReport, LoadRequest } from "./load-report.ts";
import type { LoadSession } from "./load-session.ts";
import { markedUrl, requestScheme } from "./load-url.ts";
import { nativeImport } from "./native-import.ts";
import { registerHooks } from "./register-hooks.ts";

/** A load by Node's own loader, with hooks in it. */
export async function hookedSession(request: LoadRequest): Promise<LoadSession> {
  const { load } = request;
  await openHooks(request);
  let reports = 0;
  return {
    import: (file) => nativeImport(markedUrl(file, load)),
    async report() {
      const { default: report } = await nativeImport(`${requestScheme}report/${load}/${++reports}`);
      return report as LoadReport;
    },
  };
}

/** Puts the hooks in place and tells them of a load. */
export async function openHooks(request: LoadRequest): Promise<void> {
  await registerHooks();
  await nativeImport(`${requestScheme}begin/${encodeURIComponent(JSON.stringify(request))}`);
}

/** Loads what the hooks need, ahead of the first load: in the thread where they have one. */
export async function warmHooks(): Promise<void> {
  await registerHooks();
  await nativeImport(`${requestScheme}warm/`);
}
