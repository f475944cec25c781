import { diff, type Files, type Image, image, type RunOptions } from "tsdock";
import { type Source, source } from "tsdock/plugin";
import { debian } from "tsdock/plugins/debian";
import { buildProgram, installProgram } from "./build-program.ts";
import type { NodeAppOptions, NodeSpec, NodeSpecs } from "./options.ts";
import { specsOf } from "./options.ts";
import { nodePlugin } from "./plugin.ts";
import { directoryOf } from "./project/find-project.ts";

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

export interface NodeBuildOptions
  extends Pick<NodeAppOptions, "package" | "node" | "to" | "installScripts" | "libc"> {
  /** The script of package.json that builds; `build` unless given. */
  readonly script?: string;
  /** What scripts run in: needs `/bin/sh`; Debian's coreutils and dash unless given. Node is added to it. */
  readonly builder?: Files;
  /** A file of the package that has to be there afterwards. */
  readonly entry?: string;
}

/** What bundlers and compilers keep for the next time. */
export const leftovers = [
  "**/node_modules/.cache",
  "**/node_modules/.vite",
  "**/node_modules/.vite-temp",
  "**/*.tsbuildinfo",
  "**/.turbo",
];

/** As a file, so that the step's name says no more than a person wants to read. */
const programPath = "/usr/local/lib/tsdock/run-scripts.cjs";
const runProgram = (on: Image, program: string, options: RunOptions): Image =>
  on.file(programPath, program).run(["/usr/local/bin/node", programPath], options);

interface Stage {
  readonly before: Image;
  readonly after: Image;
}

/** Runs the package's own build script, after those of the packages of the workspace that it needs. */
export function buildStage(options: NodeBuildOptions): Stage {
  const { runtime, modules, app } = specsOf({ ...options, entry: options.entry ?? "package.json" });
  const { script = "build", builder = scriptTools() } = options;
  const program = buildProgram({
    directory: appDirectory(modules.to, options.package),
    root: modules.to,
    script,
    entry: options.entry ?? null,
  });
  const installed = withInstallScripts(
    image()
      .from(builder)
      .add(nodeSource(runtime))
      .add(nodeSource({ ...modules, dev: true })),
    modules,
  );
  const before = installed.add(nodeSource({ ...app, files: null, sources: true }));
  return { before, after: runProgram(before, program, { network: "none" }) };
}

/** What scripts of packages that were named change, run where there is a shell. */
function withInstallScripts(installed: Image, modules: NodeSpecs["modules"]): Image {
  const names = modules.scripts.filter((name) => !name.startsWith("!"));
  return names.length === 0
    ? installed
    : runProgram(installed, installProgram({ root: modules.to, names }), {});
}

/** The same as a difference, for an image that has no shell. */
export function installStage(specs: NodeSpecs, builder: Files | undefined): Files | undefined {
  const { runtime, modules } = specs;
  const before = image()
    .from(builder ?? scriptTools())
    .add(nodeSource(runtime))
    .add(nodeSource(modules));
  const after = withInstallScripts(before, modules);
  return after === before ? undefined : diff(before, after);
}

/**
 * A package of a workspace with what its build script made, in `/app` as it is in the workspace: to copy from.
 * Development dependencies are there while it is built. The script runs without network, on the image's own platform.
 *
 * @example
 * image().from(nginx).copy("/app/packages/web/dist", "/usr/share/nginx/html", { from: nodeBuild({ package: "./packages/web" }) })
 *
 * @throws TsdockError `NODE_OPTIONS`
 */
export const nodeBuild = (options: NodeBuildOptions): Image => buildStage(options).after;
