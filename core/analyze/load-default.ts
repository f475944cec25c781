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
  const { modules, errors } = await loadModules({ files: [file], self, signal, overlay });
  throwAll(errors);
  const exports = modules[0]?.exports ?? {};
  if ("default" in exports) return exports.default;
  throw new TsdockError("CONFIG_INVALID", "the configuration has no default export", {
    place: { file, line: 1, column: 1 },
    hint: "write `export default defineConfig({ … })`",
  });
}
