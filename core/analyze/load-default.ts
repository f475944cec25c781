import { throwAll, TsdockError } from "../errors/tsdock-error.ts";
import { loadModules } from "./load-modules.ts";
import type { SourceOverlay } from "./loading/load-report.ts";
import type { SelfModules } from "./loading/load-session.ts";

/** Runs a configuration's module and gives its default export; throws what is wrong with the module. */
export async function loadDefault(
  file: string,
  self: SelfModules,
  signal: AbortSignal,
  overlay?: SourceOverlay,
): Promise<unknown> {
  return (await loadDefaultWith(file, self, signal, overlay)).exported;
}

/** The same with the files that the module is made of, itself included: absolute paths. */
export async function loadDefaultWith(
  file: string,
  self: SelfModules,
  signal: AbortSignal,
  overlay?: SourceOverlay,
): Promise<{ readonly exported: unknown; readonly sources: readonly string[] }> {
  const { modules, errors } = await loadModules({ files: [file], self, signal, overlay });
  throwAll(errors);
  const { exports = {}, sources = [] } = modules[0] ?? {};
  if ("default" in exports) return { exported: exports["default"], sources };
  throw new TsdockError("CONFIG_INVALID", "the configuration has no default export", {
    place: { file, line: 1, column: 1 },
    hint: "write `export default defineConfig({ … })`",
  });
}
