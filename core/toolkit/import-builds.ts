import fs from "node:fs";
import path from "node:path";
import { findPackage } from "../config/workspace.ts";
import { TsdockError, throwAll } from "../errors/tsdock-error.ts";
import { formatPlatform, hostPlatform } from "../oci/spec/platform.ts";
import type { BuildsImporter, BuildsRequest } from "../plugin/importer.ts";
import type { Host } from "./host.ts";
import { contextFiles } from "./import-context.ts";
import type { ImportOptions, ImportResult } from "./import-options.ts";
import { readText, refuseExisting, writeText } from "./import-text.ts";

export type BuildsLanguage = "bake" | "compose";

/** Which language files that declare several builds are in; undefined for a Dockerfile. */
export function buildsLanguage(file: string, read: () => string): BuildsLanguage | undefined {
  if (/\.hcl$/i.test(file)) return "bake";
  if (/\.ya?ml$/i.test(file)) return "compose";
  if (!/\.json$/i.test(file)) return undefined;
  return /^\s*\{[\s\S]*"services"\s*:/.test(read()) && !/"target"\s*:/.test(read()) ? "compose" : "bake";
}

/** Writes what bake or compose files declare as one module, and a configuration if one is asked for. Errors as `importFile`. */
export async function importBuilds(
  options: ImportOptions,
  language: BuildsLanguage,
  host: Host,
): Promise<ImportResult> {
  refuseOptions(options);
  const files = options.files.map((file) => path.resolve(host.cwd, file));
  const [output, config] = [options.output, options.config].map((file) =>
    file === undefined ? undefined : path.resolve(host.cwd, file),
  );
  for (const file of [output, config]) if (file !== undefined) refuseExisting(file, options.force);
  const importer = await loadImporter(language, host);
  const { module, config: text } = importer.read(requestOf(options, files, output, host));
  throwAll(
    options.partial ? module.problems.filter(({ code }) => code !== "IMPORT_UNSUPPORTED") : module.problems,
  );
  const { writeModule } = await import("../analyze/write-module.ts");
  const footer = config === undefined && text !== undefined ? configComment(text) : [];
  const written = writeModule({ ...module, footer: [...module.footer, ...footer] });
  if (output !== undefined) writeText(output, written);
  if (config !== undefined && text !== undefined) writeText(config, text);
  return {
    text: written,
    file: output,
    exports: module.statements.filter(({ exported }) => exported).map(({ name }) => name),
    problems: module.problems,
    config: text === undefined ? undefined : { text, file: config },
  };
}

const configComment = (text: string): readonly string[] => [
  "Names and tags of the images, for tsdock.config.ts (--write-config FILE writes it):",
  "",
  ...text.trimEnd().split("\n"),
];

function refuseOptions({ context, name, paramPrefix }: ImportOptions): void {
  const [refused] = [
    ...(context === undefined ? [] : ["--context"]),
    ...(name === undefined ? [] : ["--name"]),
    ...(paramPrefix === "" ? [] : ["--prefix"]),
  ];
  if (refused === undefined) return;
  throw new TsdockError(
    "USAGE",
    `${refused} is for a Dockerfile: files with several builds say it themselves`,
    {
      hint: "leave it out",
    },
  );
}

/** The plugin of the running installation. */
async function loadImporter(language: BuildsLanguage, { self }: Host): Promise<BuildsImporter> {
  const entry = self["tsdock/plugins/bake"];
  const module: unknown = typeof entry === "string" ? await import(entry) : entry;
  return (module as Record<`${BuildsLanguage}Importer`, BuildsImporter>)[`${language}Importer`];
}

function requestOf(
  options: ImportOptions,
  files: readonly string[],
  output: string | undefined,
  host: Host,
): BuildsRequest {
  const directory = path.dirname(files[0] ?? host.cwd);
  const from = output === undefined ? host.cwd : path.dirname(output);
  return {
    files: files.map((file) => ({ file, text: readText(file, "name a bake or compose file") })),
    read(name) {
      const file = path.resolve(directory, name);
      const isFile = fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;
      return isFile ? { file, text: readText(file, "make it readable") } : undefined;
    },
    context(name) {
      const context = path.resolve(directory, name);
      if (findPackage(from) === context) return undefined;
      return path.relative(from, context).split(path.sep).join("/") || ".";
    },
    contextFiles: (name) => contextFiles(path.resolve(directory, name), undefined, host.emit),
    variables: options.variables,
    args: options.args,
    baseEnv: options.baseEnv,
    targets: options.targets,
    platform: formatPlatform(hostPlatform()),
  };
}
