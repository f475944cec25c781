import { diff, type Files, type Image, image, type RunOptions } from "tsdock";
import { type Source, source } from "tsdock/plugin";
import { debian } from "tsdock/plugins/debian";
import type { NodeSpec, NodeSpecs, PackageOptions, ScriptOptions } from "../options.ts";
import { nodePlugin } from "../plugin.ts";
import { directoryOf } from "../project/find-project.ts";
import { buildProgram, installProgram } from "./build-program.ts";

export const nodeSource = (spec: NodeSpec): Source => source(nodePlugin, spec);

/** What the official binary is linked to. */
const libraries = ["libatomic1", "libc6", "libstdc++6"];
const exclude = ["/usr/share/doc/**", "/usr/share/man/**", "/usr/share/lintian/**", "/usr/share/locale/**"];

/** A base for the official binary and nothing else. */
export const runtimeLibraries = (): Source => debian({ packages: libraries, exclude });
/** A base with a shell, for scripts. */
const scriptTools = (): Source => debian({ packages: [...libraries, "coreutils", "dash"], exclude });

/** A package that is known by its name is reached by the link that every workspace has for it. */
export function appDirectory(to: string, wanted: string): string {
  const directory = directoryOf(wanted);
  if (directory === undefined) return `${to}/node_modules/${wanted}`;
  return directory === "" ? to : `${to}/${directory}`;
}

/** What bundlers and compilers keep for the next time. */
export const leftovers = [
  "**/node_modules/.cache",
  "**/node_modules/.vite",
  "**/node_modules/.vite-temp",
  "**/*.tsbuildinfo",
  "**/.turbo",
  "**/.nx",
];

/** As a file, so that the step's name says no more than a person wants to read. */
const programPath = "/usr/local/lib/tsdock/run-scripts.cjs";
const runProgram = (on: Image, program: string, options: RunOptions): Image =>
  on.file(programPath, program).run(["/usr/local/bin/node", programPath], options);

type Sandbox = Pick<PackageOptions, "builder" | "installNetwork">;

const prepared = ({ runtime, modules }: NodeSpecs, { builder = scriptTools() }: Sandbox): Image =>
  image().from(builder).add(nodeSource(runtime)).add(nodeSource(modules));

const runsScripts = ({ scripts }: NodeSpecs["modules"]): boolean =>
  scripts.some((name) => !name.startsWith("!"));

/** What scripts of packages that were named change, run where there is a shell; headers of Node are there to compile against. */
function withInstallScripts(installed: Image, { runtime, modules }: NodeSpecs, sandbox: Sandbox): Image {
  const names = modules.scripts.filter((name) => !name.startsWith("!"));
  const program = installProgram({ root: modules.to, names });
  return runProgram(installed.add(nodeSource({ ...runtime, headers: true })), program, {
    network: sandbox.installNetwork ?? "none",
    env: { npm_config_nodedir: "/usr/local" },
  });
}

/** What install scripts change, for an image that has no shell; undefined where none is to run. */
export function installStage(specs: NodeSpecs, sandbox: Sandbox): Files | undefined {
  if (!runsScripts(specs.modules)) return undefined;
  const before = prepared(specs, sandbox);
  return diff(before, withInstallScripts(before, specs, sandbox));
}

export interface BuildStage {
  readonly before: Image;
  readonly after: Image;
}

export interface BuildRequest {
  readonly script: ScriptOptions;
  /** A file or directory of the package that has to be there afterwards. */
  readonly expected?: string | undefined;
  /** Directories of the package that scripts write: not among its sources. */
  readonly written?: readonly string[];
  /** Where to put what a standalone build of Next needs. */
  readonly standalone?: string;
}

/** Runs the package's own build script, after those of the packages of the workspace that it needs. */
export function buildStage(
  specs: NodeSpecs,
  sandbox: Sandbox & Pick<PackageOptions, "package">,
  { script, expected, written = [], standalone }: BuildRequest,
): BuildStage {
  const { modules, app } = specs;
  const all = { ...specs, modules: { ...modules, dev: true } };
  const program = buildProgram({
    directory: appDirectory(modules.to, sandbox.package),
    root: modules.to,
    script: script.script ?? "build",
    entry: expected ?? null,
    standalone: standalone ?? null,
  });
  const bare = prepared(all, sandbox);
  const installed = runsScripts(modules) ? withInstallScripts(bare, all, sandbox) : bare;
  const before = installed.add(nodeSource({ ...app, files: null, sources: true, written }));
  const { env, network = "none", mounts } = script;
  const options = {
    network,
    ...(env === undefined ? {} : { env }),
    ...(mounts === undefined ? {} : { mounts }),
  };
  return { before, after: runProgram(before, program, options) };
}
