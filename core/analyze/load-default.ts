import { throwAll, TsdockError } from "../errors/tsdock-error.ts";
import { loadModules, type LoadModulesOptions } from "./load-modules.ts";

export interface LoadDefaultOptions
  extends Pick<LoadModulesOptions, "self" | "signal" | "overlay" | "transforms"> {
  /** Absolute path of the module. */
  readonly file: string;
}

/** Runs a configuration's module and gives its default export; throws what is wrong with the module. */
export async function loadDefault(options: LoadDefaultOptions): Promise<unknown> {
  return (await loadDefaultWith(options)).exported;
}

/** The same with the files that the module is made of, itself included: absolute paths. */
export async function loadDefaultWith({
  file,
  ...options
}: LoadDefaultOptions): Promise<{ readonly exported: unknown; readonly sources: readonly string[] }> {
  const { modules, errors } = await loadModules({ files: [file], ...options });
  throwAll(errors);
  const { exports = {}, sources = [] } = modules[0] ?? {};
  if ("default" in exports) return { exported: exports["default"], sources };
  throw new TsdockError("CONFIG_INVALID", "the configuration has no default export", {
    place: { file, line: 1, column: 1 },
    hint: "write `export default defineConfig({ … })`",
  });
}
