import path from "node:path";
import { build } from "tsdown";

/**
 * Bundles a TypeScript module with everything that it imports, to be run by a bare Node as a process of its own.
 * Gives the absolute path of the script in `directory`.
 */
export async function bundleScript(entry: string, directory: string): Promise<string> {
  const name = path.basename(entry, ".ts");
  await build({
    config: false,
    entry: { [name]: entry },
    outDir: directory,
    platform: "node",
    target: "node20.19",
    noExternal: /./,
    dts: false,
    clean: false,
    logLevel: "silent",
  });
  return path.join(directory, `${name}.mjs`);
}
