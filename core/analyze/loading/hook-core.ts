import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type LoadedSource, loadFile } from "./load-file.ts";
import { failureMessage, type ImportEdge, type LoadFailure, type LoadRequest } from "./load-report.ts";
import { fileOf, loadOf, markedUrl, requestScheme } from "./load-url.ts";
import { resolveOverlaid } from "./resolve-overlaid.ts";
import { createModuleResolver, isNodeOwn } from "./resolve-module.ts";
import { selfModuleSource } from "./self-module.ts";
import { needsTransform, transformModule } from "./transform-module.ts";

export interface Resolution {
  readonly url: string;
  readonly importAttributes?: Record<string, string>;
  readonly shortCircuit: true;
}

/** Decide about one module; `undefined` leaves it to Node. Synchronous, so that they serve both kinds of hooks. */
export interface HookCore {
  resolve(specifier: string, parentUrl: string | undefined): Resolution | undefined;
  load(url: string): LoadedSource | undefined;
}

interface Load extends LoadRequest {
  readonly edges: ImportEdge[];
  readonly failures: LoadFailure[];
}

const moduleOf = (source: string): LoadedSource => ({ format: "module", source, shortCircuit: true });

export function createHookCore(): HookCore {
  const loads = new Map<string, Load>();
  const resolveModule = createModuleResolver();
  const require = createRequire(import.meta.url);
  let latest: Load | undefined;

  const fail = (load: Load, failure: LoadFailure): never => {
    load.failures.push(failure);
    throw new Error(failureMessage(load.failures.length - 1));
  };

  const resolveSelf = (load: Load, specifier: string): string | undefined => {
    const target = load.self[specifier];
    if (target === undefined || typeof target === "string") return target;
    return `${requestScheme}self/${load.load}/${specifier}`;
  };

  const resolveUserImport = (load: Load, specifier: string, parent: string): Resolution | undefined => {
    const own = resolveSelf(load, specifier) ?? helperUrl(require, specifier);
    if (own !== undefined || isNodeOwn(specifier)) {
      load.edges.push({ parent, specifier, url: own ?? specifier });
      return own === undefined ? undefined : { url: own, shortCircuit: true };
    }
    const found = resolveOverlaid(specifier, parent, load.overlay, resolveModule);
    if (found.file === undefined)
      return fail(load, { type: "missing", specifier, parent, reason: found.error });
    const { file } = found;
    if (isForNode(file)) {
      const { href } = pathToFileURL(file);
      load.edges.push({ parent, specifier, url: href });
      return { url: href, shortCircuit: true };
    }
    load.edges.push({ parent, specifier, file });
    return { url: markedUrl(file, load.load), importAttributes: {}, shortCircuit: true };
  };

  const answer = (url: string): LoadedSource => {
    const [kind = "", id = "", ...rest] = url.slice(requestScheme.length).split("/");
    if (kind === "warm") {
      resolveModule.warm();
      transformModule("warm.ts", "");
      return moduleOf("export {}");
    }
    const load = loads.get(id);
    if (load === undefined) throw new Error(`no load ${id}`);
    if (kind === "self") {
      const names = load.self[rest.join("/")] ?? [];
      return moduleOf(selfModuleSource(url, typeof names === "string" ? [] : names));
    }
    const { edges, failures } = load;
    return moduleOf(`export default ${JSON.stringify(kind === "report" ? { edges, failures } : null)}`);
  };

  const begin = (specifier: string): Resolution => {
    const request = JSON.parse(
      decodeURIComponent(specifier.slice(requestScheme.length + "begin/".length)),
    ) as LoadRequest;
    latest = { ...request, edges: [], failures: [] };
    loads.set(request.load, latest);
    return { url: `${requestScheme}begun/${request.load}`, shortCircuit: true };
  };

  return {
    resolve(specifier, parentUrl) {
      if (specifier.startsWith(`${requestScheme}begin/`)) return begin(specifier);
      if (specifier.startsWith(requestScheme)) return { url: specifier, shortCircuit: true };
      const load = loads.get(loadOf(parentUrl) ?? "");
      const parent = load === undefined ? undefined : fileOf(parentUrl ?? "");
      if (load !== undefined && parent !== undefined) return resolveUserImport(load, specifier, parent);
      if (loads.has(loadOf(specifier) ?? "")) return { url: specifier, shortCircuit: true };
      const own = latest === undefined ? undefined : resolveSelf(latest, specifier);
      return own === undefined ? undefined : { url: own, shortCircuit: true };
    },
    load(url) {
      if (url.startsWith(requestScheme)) return answer(url);
      const load = loads.get(loadOf(url) ?? "");
      const file = load === undefined ? undefined : fileOf(url);
      if (load === undefined || file === undefined) return undefined;
      return loadFile(file, (failure) => fail(load, failure), load.overlay);
    },
  };
}

/** What Node loads best by itself: installed packages that are JavaScript, and native addons. */
function isForNode(file: string): boolean {
  if (file.endsWith(".node")) return true;
  return (
    file.includes(`${path.sep}node_modules${path.sep}`) && !needsTransform(file) && !file.endsWith(".json")
  );
}

/** Helpers of transformed code come from tsdock's own installation. */
function helperUrl(require: NodeJS.Require, specifier: string): string | undefined {
  if (!specifier.startsWith("@oxc-project/runtime/")) return undefined;
  return pathToFileURL(require.resolve(specifier)).href;
}
