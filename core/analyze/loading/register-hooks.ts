import module, { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

let registered: Promise<void> | undefined;

/**
 * Puts the hooks in place, once per process. They leave alone what belongs to no load. On this thread where Node can
 * (22.15, 23.5 and later), which saves starting another one and asking it for each import; in a thread elsewhere.
 */
export function registerHooks(): Promise<void> {
  registered ??= "registerHooks" in module ? registerHere() : registerThread();
  return registered;
}

interface SynchronousHooks {
  resolve(
    specifier: string,
    context: { readonly parentURL?: string },
    next: (...args: unknown[]) => unknown,
  ): unknown;
  load(url: string, context: unknown, next: (...args: unknown[]) => unknown): unknown;
}

async function registerHere(): Promise<void> {
  const { createHookCore } = await import("./hook-core.ts");
  const core = createHookCore();
  const { registerHooks } = module as unknown as { registerHooks: (hooks: SynchronousHooks) => void };
  registerHooks({
    resolve: (specifier, context, next) =>
      core.resolve(specifier, context.parentURL) ?? next(specifier, context),
    load: (url, context, next) => core.load(url) ?? next(url, context),
  });
}

async function registerThread(): Promise<void> {
  const here = import.meta.url;
  if (here.endsWith(".ts")) module.register(sourceHooks(here));
  module.register(new URL(here.endsWith(".ts") ? "../module-hooks.ts" : "./module-hooks.js", here));
}

/**
 * When tsdock itself runs from its TypeScript sources, its hooks are TypeScript too: these hooks, which come first,
 * transform the files of the room for the thread. Nothing else is touched.
 */
function sourceHooks(here: string): string {
  const transform = pathToFileURL(createRequire(here).resolve("oxc-transform")).href;
  const root = new URL("..", here).href;
  const source = `
    import fs from "node:fs";
    import { transformSync } from ${JSON.stringify(transform)};
    export async function load(url, context, next) {
      if (!url.startsWith(${JSON.stringify(root)}) || !url.endsWith(".ts")) return next(url, context);
      const { code } = transformSync(url, fs.readFileSync(new URL(url), "utf8"), { target: "node20" });
      return { format: "module", source: code, shortCircuit: true };
    }`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
