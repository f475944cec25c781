import path from "node:path";
import { loadDefaultWith } from "../analyze/load-default.ts";
import { loadAhead } from "../analyze/loading/begin-load.ts";
import { loadModules } from "../analyze/load-modules.ts";
import type { SourceOverlay } from "../analyze/loading/load-report.ts";
import { createSiteMapper } from "../analyze/site-mapper.ts";
import type { BuildContext } from "../build/operation-handler.ts";
import { resolveTriggers } from "../build/resolve-triggers.ts";
import { findModules } from "../config/find-modules.ts";
import { loadConfig, type WorkspaceConfig } from "../config/load-config.ts";
import { findPackage } from "../config/workspace.ts";
import { type ParamValue, readParams, setParams } from "../declare/param.ts";
import { interruptedCall, setSiteMapper } from "../declare/site.ts";
import { throwAll, TsdockError } from "../errors/tsdock-error.ts";
import type { Definition } from "../graph/definition.ts";
import { type CompileOptions, type CompileResult, compile } from "../graph/compile.ts";
import { hostPlatform, type Platform } from "../oci/spec/platform.ts";
import { isTimeUp, limitTime } from "../util/limit-time.ts";
import { type KeptKnowledge, readKnowledge } from "./kept-knowledge.ts";
import { platformOrHost } from "./find-image.ts";
import type { Host } from "./host.ts";
import { packageDescriber } from "./package-describer.ts";

export interface WorkspaceRequest {
  /** The configuration file that was named. */
  readonly config: string | undefined;
  /** `--set`. */
  readonly params: Readonly<Record<string, string>>;
  /** `--platform`. */
  readonly platforms: readonly string[];
}

/** A workspace whose declarations are loaded and compiled without a mistake. */
export interface Workspace {
  readonly config: WorkspaceConfig;
  /** Absolute. */
  readonly directory: string;
  /** Absolute paths of the modules that were looked at. */
  readonly modules: readonly string[];
  readonly compiled: CompileResult;
  /** The files that each module is made of, itself included: absolute paths, by module. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
  /** The files that the configuration is made of where it is a module: absolute paths. */
  readonly configSources: readonly string[];
  /** The directories that were looked through for modules, and the code of the modules. */
  readonly knowledge?: KeptKnowledge | undefined;
  /** What `param` gave, by name. */
  readonly params: ReadonlyMap<string, ParamValue>;
  /**
   * The same with the ONBUILD triggers of bases in registries, once those can be asked; of what is `needed` alone: a base of that
   * which cannot be had is left to whoever builds on it.
   */
  withTriggers(context: BuildContext, needed?: Definition): Promise<CompileResult>;
}

/** The configuration, and the modules that it means: nothing of them is run yet. */
export interface FoundWorkspace {
  readonly config: WorkspaceConfig;
  /** Absolute paths. */
  readonly modules: readonly string[];
  /** See `Workspace`. */
  readonly configSources?: readonly string[];
  readonly knowledge?: KeptKnowledge;
}

export async function findWorkspace(
  request: Pick<WorkspaceRequest, "config">,
  host: Host,
): Promise<FoundWorkspace> {
  setSiteMapper(createSiteMapper());
  let configSources: readonly string[] = [];
  loadAhead(host.self);
  const knowledge = readKnowledge(host);
  const config = await loadConfig({
    cwd: path.resolve(host.cwd),
    file: request.config,
    async loadDefault(file) {
      const { exported, sources } = await loadDefaultWith({
        file,
        self: host.self,
        signal: host.signal,
        transforms: knowledge.transforms,
      });
      configSources = sources;
      return exported;
    },
  });
  const modules = await findModules(config.directory, config.images, knowledge.listings);
  return { config, modules, configSources, knowledge };
}

/** Loads configuration and modules and compiles them. Throws every mistake at once. */
export async function openWorkspace(request: WorkspaceRequest, host: Host): Promise<Workspace> {
  return openFound(await findWorkspace(request, host), request, host);
}

/** How a workspace was: what its modules said, and where packages began. */
export interface WorkspaceThen {
  readonly sources: SourceOverlay;
  readonly exists: (file: string) => boolean;
  /** Nothing where there was no such file. */
  readonly read: (file: string) => string;
}

/** The same for a workspace that was found already, as it is or as it was. */
export async function openFound(
  { config, modules, configSources = [], knowledge }: FoundWorkspace,
  request: Pick<WorkspaceRequest, "params" | "platforms">,
  host: Host,
  then?: WorkspaceThen,
): Promise<Workspace> {
  const platforms = request.platforms.map(platformOrHost);
  setParams({ ...config.params, ...request.params });
  const { self, signal } = host;
  const { transforms } = knowledge ?? {};
  const loaded = await loadModules({ files: modules, self, signal, overlay: then?.sources, transforms });
  const options = compileOptions(config, loaded.modules, platforms, then);
  if (loaded.errors.length > 0) throwAll([...loaded.errors, ...errorsOfRest(options)]);
  const compiled = compileWhole(options, host);
  return {
    config,
    directory: config.directory,
    modules,
    compiled,
    sources: new Map(loaded.modules.map(({ file, sources }) => [file, sources])),
    configSources,
    knowledge,
    params: new Map([...readParams().declared].map(([name, { value }]) => [name, value])),
    withTriggers: triggersAdder(compiled, options, host),
  };
}

/**
 * A workspace of values that are at hand: no module is loaded, and what `param` gave stands. Places are those of the code as it
 * runs here. Throws every mistake at once.
 */
export function openValues(
  { config, modules }: FoundWorkspace,
  values: CompileOptions["modules"],
  request: Pick<WorkspaceRequest, "platforms">,
  host: Host,
): Workspace {
  setSiteMapper((place) => place);
  const options = {
    ...compileOptions(config, values, request.platforms.map(platformOrHost)),
    params: undefined,
  };
  const compiled = compileWhole(options, host);
  return {
    config,
    directory: config.directory,
    modules,
    compiled,
    sources: new Map(),
    configSources: [],
    params: new Map(),
    withTriggers: triggersAdder(compiled, options, host),
  };
}

const triggersAdder =
  (compiled: CompileResult, options: CompileOptions, host: Host): Workspace["withTriggers"] =>
  async (context, needed) => {
    const triggersOf =
      needed === undefined
        ? await resolveTriggers(compiled.definition, context, "fail")
        : await resolveTriggers(needed, context, "later");
    return triggersOf === undefined ? compiled : compileWhole({ ...options, triggersOf }, host);
  };

/** What is wrong with the modules that loaded. A param may be declared in one that did not. */
const errorsOfRest = (options: CompileOptions): readonly TsdockError[] =>
  compileInTime(options).errors.filter(({ code }) => code !== "PARAM_UNKNOWN");

function compileWhole(options: CompileOptions, host: Host): CompileResult {
  const compiled = compileInTime(options);
  throwAll(compiled.errors);
  for (const warning of compiled.warnings) host.emit({ type: "warning", ...warning });
  return compiled;
}

const compileLimitMs = 30_000;

/** Helpers are code of others: one that loops without end is ended, and the place where it was called is told. */
function compileInTime(options: CompileOptions): CompileResult {
  try {
    return limitTime(compileLimitMs, () => compile(options));
  } catch (error) {
    if (!isTimeUp(error)) throw error;
    throw new TsdockError("DECLARATION_TIMEOUT", `a helper was still running after ${compileLimitMs} ms`, {
      place: interruptedCall()?.place(),
      hint: "a loop in what is given to with() does not end, or it does work that belongs into a build",
    });
  }
}

function compileOptions(
  config: WorkspaceConfig,
  modules: CompileOptions["modules"],
  only: readonly Platform[],
  then?: WorkspaceThen,
): CompileOptions {
  const packages = new Map<string, string>();
  return {
    modules,
    platforms: config.platforms.length === 0 ? [hostPlatform()] : config.platforms,
    onlyPlatforms: only.length === 0 ? undefined : only,
    params: readParams(),
    defaults: { labels: config.labels, copy: { link: config.link } },
    workspace: config.directory,
    describePackage: config.annotations ? packageDescriber(config.directory, then?.read) : undefined,
    findPackageDirectory(file) {
      const directory = path.dirname(file);
      const known = packages.get(directory) ?? findPackage(directory, then?.exists) ?? config.directory;
      packages.set(directory, known);
      return known;
    },
  };
}
