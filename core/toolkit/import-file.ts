import fs from "node:fs";
import path from "node:path";
import { findPackage } from "../config/workspace.ts";
import { TsdockError, throwAll } from "../errors/tsdock-error.ts";
import { isImageName, kebabCase } from "../graph/compile/names.ts";
import { formatPlatform, hostPlatform } from "../oci/spec/platform.ts";
import type { ImportedModule, Importer, ImportRequest } from "../plugin/importer.ts";
import type { Host } from "./host.ts";
import { buildsLanguage, importBuilds } from "./import-builds.ts";
import { contextFiles } from "./import-context.ts";
import type { ImportOptions, ImportResult } from "./import-options.ts";
import { readText, refuseExisting, writeText } from "./import-text.ts";

/** Writes what a Dockerfile, or bake or compose files, declare as a module. */
export async function importFiles(options: ImportOptions, host: Host): Promise<ImportResult> {
  const languages = options.files.map((file) =>
    buildsLanguage(file, () => readText(path.resolve(host.cwd, file), "name a file")),
  );
  const [language] = languages;
  if (languages.some((one) => one !== language))
    throw new TsdockError("USAGE", `${options.files.join(", ")} are files of several languages`, {
      hint: "import those of one language together",
    });
  if (language !== undefined) return importBuilds(options, language, host);
  const [file, ...others] = options.files;
  if (file === undefined || others.length > 0)
    throw new TsdockError("USAGE", "one Dockerfile is imported at a time", { hint: "name one" });
  if (options.config !== undefined || Object.keys(options.variables).length > 0)
    throw new TsdockError("USAGE", "--write-config and --var are for bake and compose files", {
      hint: "leave them out",
    });
  return importDockerfile(options, file, host);
}

/**
 * Writes what a Dockerfile declares as a module. Errors `IMPORT_INVALID`, `IMPORT_UNSUPPORTED` (all of them at once; with `partial`
 * they are told in the result), `IMPORT_EXISTS`, `FILE_UNREADABLE`, `NAME_INVALID`.
 */
async function importDockerfile(options: ImportOptions, name: string, host: Host): Promise<ImportResult> {
  const file = path.resolve(host.cwd, name);
  const output = options.output === undefined ? undefined : path.resolve(host.cwd, options.output);
  if (output !== undefined) refuseExisting(output, options.force);
  const importer = await loadImporter(host);
  const module = importer.read(requestOf(options, file, output ?? path.join(host.cwd, "module"), host));
  const problems = [...module.problems, ...ignoreProblems(file, contextOf(options, file, host))];
  // What docker refuses too is no part of anything.
  throwAll(options.partial ? problems.filter(({ code }) => code !== "IMPORT_UNSUPPORTED") : problems);
  const { writeModule } = await import("../analyze/write-module.ts");
  const text = writeModule(module);
  if (output !== undefined) writeText(output, text);
  return { text, file: output, exports: exportsOf(module), problems, config: undefined };
}

const exportsOf = ({ statements }: ImportedModule): readonly string[] =>
  statements.filter(({ exported }) => exported).map(({ name }) => name);

/** The plugin of the running installation. */
async function loadImporter({ self }: Host): Promise<Importer> {
  const entry = self["tsdock/plugins/dockerfile"];
  const module: unknown = typeof entry === "string" ? await import(entry) : entry;
  return (module as { dockerfileImporter: Importer }).dockerfileImporter;
}

const contextOf = (options: ImportOptions, file: string, host: Host): string =>
  options.context === undefined ? path.dirname(file) : path.resolve(host.cwd, options.context);

function requestOf(options: ImportOptions, file: string, output: string, host: Host): ImportRequest {
  const context = contextOf(options, file, host);
  const directory = path.dirname(output);
  const isOwn = findPackage(directory) === context;
  const own = ignoreFileOf(file);
  return {
    file,
    text: readText(file, "name a Dockerfile"),
    name: nameOf(options, file, output),
    files: contextFiles(context, fs.existsSync(own) ? own : undefined, host.emit),
    context: isOwn ? undefined : path.relative(directory, context).split(path.sep).join("/") || ".",
    targets: options.targets,
    args: options.args,
    baseEnv: options.baseEnv,
    paramPrefix: options.paramPrefix,
    platform: formatPlatform(hostPlatform()),
  };
}

/** That of the module, of a Dockerfile with a name (`web.Dockerfile`, `Dockerfile.web`), or of its directory. */
function nameOf(options: ImportOptions, file: string, output: string): string {
  const given = options.name ?? nameOfOutput(options, output) ?? nameOfFile(file);
  const name =
    options.name ??
    kebabCase(given)
      .replace(/[^a-z0-9._/-]+/g, "-")
      .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  if (isImageName(name)) return name;
  throw new TsdockError("NAME_INVALID", `${JSON.stringify(given)} cannot name an image`, {
    hint: "give one with --name: lower-case letters and digits with ., _, - and / between",
  });
}

const nameOfOutput = ({ output }: ImportOptions, file: string): string | undefined =>
  output === undefined ? undefined : path.basename(file).replace(/(?:\.image)?\.[cm]?[jt]sx?$/, "");

function nameOfFile(file: string): string {
  const [, after, before] = /^(?:Dockerfile\.(.+)|(.+)\.Dockerfile)$/i.exec(path.basename(file)) ?? [];
  return after ?? before ?? path.basename(path.dirname(file));
}

const readable = "make it readable";
const ignoreFileOf = (file: string): string => `${file}.dockerignore`;

/** Rules of one Dockerfile alone: a context has its `.dockerignore`, whoever copies from it. */
function ignoreProblems(file: string, context: string): readonly TsdockError[] {
  const own = ignoreFileOf(file);
  if (!fs.existsSync(own)) return [];
  const shared = path.join(context, ".dockerignore");
  if (fs.existsSync(shared) && readText(shared, readable) === readText(own, readable)) return [];
  return [
    new TsdockError(
      "IMPORT_UNSUPPORTED",
      `${path.basename(own)} holds for one Dockerfile; images of a context share its .dockerignore`,
      {
        place: { file: own, line: 1, column: 1 },
        hint: `make it ${shared}, or give the image a context of its own with --context`,
      },
    ),
  ];
}
