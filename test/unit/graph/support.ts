import { fileURLToPath } from "node:url";
import { readParams } from "../../../core/declare/param.ts";
import type { LoadedModule } from "../../../core/graph/compile/collect-exports.ts";
import { type CompileOptions, type CompileResult, compile } from "../../../core/graph/compile.ts";
import type { CompiledImage, CompiledPlatform, Vertex } from "../../../core/graph/definition.ts";
import type { Platform } from "../../../core/oci/spec/platform.ts";

export const amd64: Platform = { os: "linux", architecture: "amd64" };
export const arm64: Platform = { os: "linux", architecture: "arm64" };

/** Contexts are below it, and ids do not depend on it. */
export const workspace = "/workspace";

/** A module as the loader gives it; exports are placed one per line. */
export const moduleOf = (
  exports: Record<string, unknown>,
  file = `${workspace}/app/web.image.ts`,
): LoadedModule => ({
  file,
  exports,
  place: (name) => {
    const line = Object.keys(exports).indexOf(name) + 1;
    return line === 0 ? undefined : { file, line, column: 14 };
  },
});

export function compileModules(
  modules: readonly LoadedModule[],
  options: Partial<CompileOptions> = {},
): CompileResult {
  return compile({
    modules,
    platforms: [amd64],
    params: readParams(),
    findPackageDirectory: () => `${workspace}/app`,
    workspace,
    ...options,
  });
}

export const compileExports = (
  exports: Record<string, unknown>,
  options: Partial<CompileOptions> = {},
): CompileResult => compileModules([moduleOf(exports)], options);

/** Compiles what must have no mistake. */
export function compileSound(
  exports: Record<string, unknown>,
  options: Partial<CompileOptions> = {},
): CompileResult {
  const result = compileExports(exports, options);
  if (result.errors.length > 0)
    throw new Error(result.errors.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return result;
}

export function imageOf(result: CompileResult, name: string): CompiledImage {
  const image = result.definition.images.find((one) => one.name === name);
  if (image === undefined) throw new Error(`there is no image ${name}`);
  return image;
}

export function platformOf(result: CompileResult, name: string, index = 0): CompiledPlatform {
  const platform = imageOf(result, name).platforms[index];
  if (platform === undefined) throw new Error(`${name} has no platform ${index}`);
  return platform;
}

export function vertexOf(result: CompileResult, id: string | undefined): Vertex {
  const vertex = id === undefined ? undefined : result.definition.vertices.get(id);
  if (vertex === undefined) throw new Error(`there is no vertex ${id}`);
  return vertex;
}

/** The vertex on the top of the first platform of an image. */
export const topOf = (result: CompileResult, name: string): Vertex =>
  vertexOf(result, platformOf(result, name).top);

export const thisFile = (url: string): string => fileURLToPath(url);
