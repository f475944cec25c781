import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { KeptTransforms } from "./kept-transforms.ts";
import { type LoadedSource, loadFile } from "./load-file.ts";
import {
  failureMessage,
  type ImportEdge,
  type LoadFailure,
  type LoadReport,
  type LoadRequest,
} from "./load-report.ts";
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

/** Decide about one module; `undefined` leaves it to Node. Synchronous, so that they serve both kinds of hooks and who needs none. */
export interface HookCore {
  /** Where hooks share the core's thread; elsewhere an import of `tsdock-load:begin/…` says it. */
  begin(request: LoadRequest, transforms?: KeptTransforms): void;
  /** Loads what is otherwise loaded for the first module that needs it. */
  warm(): void;
  resolve(specifier: string, parentUrl: string | undefined): Resolution | undefined;
  load(url: string): LoadedSource | undefined;
  /** Whether a package would get another tsdock than a load's, or none, if Node looked for it. */
  hasOtherSelf(packageUrl: string, load: string): boolean;
  report(load: string): LoadReport;
}

interface Load extends LoadRequest {
  readonly transforms: KeptTransforms | undefined;
  readonly edges: ImportEdge[];
  readonly failures: LoadFailure[];
}

const moduleOf = (source: string): LoadedSource => ({ format: "module", source, shortCircuit: true });

export function createHookCore(): HookCore {
  const loads = new Map<string, Load>();
  const resolveModule = createModuleResolver();
  const require = createRequire(import.meta.url);
  /** URLs of tsdock's own installation. */
  const owned = new Set<string>();
  let latest: Load | undefined;

  const known = (id: string): Load => {
    const load = loads.get(id);
    if (load === undefined) throw new Error(`no load ${id}`);
    return load;
  };

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
    if (own !== undefined) owned.add(own);
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

  const warm = (): void => {
    resolveModule.warm();
    transformModule("warm.ts", "");
  };

  const answer = (url: string): LoadedSource => {
    const [kind = "", id = "", ...rest] = url.slice(requestScheme.length).split("/");
    if (kind === "warm") {
      warm();
      return moduleOf("export {}");
    }
    const load = known(id);
    if (kind === "self") {
      const names = load.self[rest.join("/")] ?? [];
      return moduleOf(selfModuleSource(url, typeof names === "string" ? [] : names));
    }
    return moduleOf(`export default ${JSON.stringify(kind === "report" ? reportOf(load) : null)}`);
  };

  const begin = (request: LoadRequest, transforms?: KeptTransforms): void => {
    latest = { ...request, transforms, edges: [], failures: [] };
    loads.set(request.load, latest);
  };

  const beginBy = (specifier: string): Resolution => {
    const request = JSON.parse(
      decodeURIComponent(specifier.slice(requestScheme.length + "begin/".length)),
    ) as LoadRequest;
    begin(request);
    return { url: `${requestScheme}begun/${request.load}`, shortCircuit: true };
  };

  return {
    begin,
    warm,
    resolve(specifier, parentUrl) {
      if (specifier.startsWith(`${requestScheme}begin/`)) return beginBy(specifier);
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
      return loadFile(file, (failure) => fail(load, failure), load.overlay, load.transforms);
    },
    hasOtherSelf(packageUrl, id) {
      if (owned.has(packageUrl)) return false;
      const own = known(id).self["tsdock"];
      if (typeof own !== "string") return true;
      const found = resolveModule("tsdock", fileURLToPath(packageUrl)).file;
      return found !== realpathSync(fileURLToPath(own));
    },
    report: (id) => reportOf(known(id)),
  };
}

const reportOf = ({ edges, failures }: Load): LoadReport => ({ edges, failures });

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
