import fs from "node:fs";
import path from "node:path";
import { findPackage } from "../config/workspace.ts";
import { TsdockError, throwAll } from "../errors/tsdock-error.ts";
import { isImageName, kebabCase } from "../graph/compile/names.ts";
import { formatPlatform, hostPlatform } from "../oci/spec/platform.ts";
import type { ImportedModule, Importer, ImportRequest } from "../plugin/importer.ts";
import type { Host } from "./host.ts";
import { contextFiles } from "./import-context.ts";

export interface ImportOptions {
  /** The file to import, relative to the host's directory. */
  readonly file: string;
  /** The module to write; undefined: only its text is given. */
  readonly output: string | undefined;
  /** The directory that copies take files from; that of the file unless given. */
  readonly context: string | undefined;
  /** Of the image; that of the file or its directory unless given. */
  readonly name: string | undefined;
  readonly targets: readonly string[];
  readonly args: Readonly<Record<string, string>>;
  readonly baseEnv: Readonly<Record<string, string>>;
  /** Before the names of params. */
  readonly paramPrefix: string;
  /** What cannot be expressed is marked in the module, and no failure. */
  readonly partial: boolean;
  /** A module that is there is replaced. */
  readonly force: boolean;
}

export interface ImportResult {
  readonly text: string;
  /** Absolute; undefined where nothing was written. */
  readonly file: string | undefined;
  /** Names of the constants that are exported. */
  readonly exports: readonly string[];
  /** What the module marks and does not do. */
  readonly problems: readonly TsdockError[];
}

/**
 * Writes what a Dockerfile declares as a module. Errors `IMPORT_INVALID`, `IMPORT_UNSUPPORTED` (all of them at once; with `partial`
 * they are told in the result), `IMPORT_EXISTS`, `FILE_UNREADABLE`, `NAME_INVALID`.
 */
export async function importFile(options: ImportOptions, host: Host): Promise<ImportResult> {
  const file = path.resolve(host.cwd, options.file);
  const output = options.output === undefined ? undefined : path.resolve(host.cwd, options.output);
  if (output !== undefined && !options.force && fs.existsSync(output))
    throw new TsdockError("IMPORT_EXISTS", `${output} exists`, {
      hint: "give another name with -o, or --force to replace it",
    });
  const importer = await loadImporter(host);
  const module = importer.read(requestOf(options, file, output ?? path.join(host.cwd, "module"), host));
  const problems = [...module.problems, ...ignoreProblems(file, contextOf(options, file, host))];
  // What docker refuses too is no part of anything.
  throwAll(options.partial ? problems.filter(({ code }) => code !== "IMPORT_UNSUPPORTED") : problems);
  const { writeModule } = await import("../analyze/write-module.ts");
  const text = writeModule(module);
  if (output !== undefined) write(output, text);
  return { text, file: output, exports: exportsOf(module), problems };
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
    text: read(file),
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

function read(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new TsdockError("FILE_UNREADABLE", `cannot read ${file}: ${code}`, {
      hint: "name a Dockerfile",
      cause: error,
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new TsdockError("IMPORT_INVALID", `${file} is not text in UTF-8`, { cause: error });
  }
}

function write(file: string, text: string): void {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new TsdockError("OUTPUT_UNWRITABLE", `cannot write ${file}: ${code}`, {
      hint: "give another file with -o",
      cause: error,
    });
  }
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

const ignoreFileOf = (file: string): string => `${file}.dockerignore`;

/** Rules of one Dockerfile alone: a context has its `.dockerignore`, whoever copies from it. */
function ignoreProblems(file: string, context: string): readonly TsdockError[] {
  const own = ignoreFileOf(file);
  if (!fs.existsSync(own)) return [];
  const shared = path.join(context, ".dockerignore");
  if (fs.existsSync(shared) && read(shared) === read(own)) return [];
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
