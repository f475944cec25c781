import fs from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { NapiResolveOptions, ResolverFactory } from "oxc-resolver";

const options: NapiResolveOptions = {
  conditionNames: ["node", "import"],
  extensions: [".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx", ".json", ".node"],
  extensionAlias: {
    ".js": [".ts", ".tsx", ".js"],
    ".jsx": [".tsx", ".jsx"],
    ".mjs": [".mts", ".mjs"],
    ".cjs": [".cts", ".cjs"],
  },
  mainFields: ["main"],
  nodePath: false,
};

/** The absolute path of a module, or why there is none. */
export type ResolvedModule = { readonly file: string } | { readonly file?: never; readonly error: string };

export interface ResolveModule {
  (specifier: string, parent: string): ResolvedModule;
  /** Loads what it needs, ahead of the first call. */
  readonly warm: () => void;
}

/**
 * Finds what a module imports as TypeScript would: the nearest tsconfig's `paths`, `.js` written for `.ts`, no extension,
 * workspace packages whose `exports` name TypeScript sources. Symbolic links are followed. Modules of images often lie beside the
 * directory that a tsconfig includes: what is found nowhere else is looked for in its paths all the same. An unreadable tsconfig
 * matters only to what cannot be found without it. The resolver is loaded for the first import that needs it: modules that
 * import nothing but `tsdock` have none.
 */
export function createModuleResolver(): ResolveModule {
  let factories: readonly [withPaths: ResolverFactory, plain: ResolverFactory] | undefined;
  const warm = (): NonNullable<typeof factories> => (factories ??= createFactories());
  const byConfig = new Map<string, ResolverFactory>();
  const beside = (request: string, directory: string): string | undefined => {
    const config = isPackageName(request) ? nearestConfig(directory) : undefined;
    if (config === undefined) return undefined;
    const factory =
      byConfig.get(config) ?? warm()[1].cloneWithOptions({ ...options, tsconfig: { configFile: config } });
    byConfig.set(config, factory);
    return factory.sync(directory, request).path;
  };
  const find = (specifier: string, parent: string): ResolvedModule => {
    const [withPaths, plain] = warm();
    const request = specifier.startsWith("file:") ? fileURLToPath(specifier) : specifier;
    const first = withPaths.resolveFileSync(parent, request);
    if (first.path !== undefined) return { file: first.path };
    const second = plain.sync(path.dirname(parent), request);
    if (second.path !== undefined) return { file: second.path };
    const third = beside(request, path.dirname(parent));
    if (third !== undefined) return { file: third };
    return { error: first.error ?? second.error ?? `cannot find ${specifier}` };
  };
  return Object.assign(find, { warm: () => void warm() });
}

function createFactories(): readonly [withPaths: ResolverFactory, plain: ResolverFactory] {
  const { ResolverFactory } = createRequire(import.meta.url)("oxc-resolver") as typeof import("oxc-resolver");
  return [new ResolverFactory({ ...options, tsconfig: "auto" }), new ResolverFactory(options)];
}

const isPackageName = (specifier: string): boolean => !/^(?:\.{0,2}\/|\.{1,2}$)/.test(specifier);

function nearestConfig(directory: string): string | undefined {
  const file = path.join(directory, "tsconfig.json");
  if (fs.existsSync(file)) return file;
  const parent = path.dirname(directory);
  return parent === directory ? undefined : nearestConfig(parent);
}

/** Whether a specifier names something that only Node itself can give. */
export const isNodeOwn = (specifier: string): boolean =>
  isBuiltin(specifier) || /^(?!file:)[a-z][a-z0-9+.-]+:/i.test(specifier);
