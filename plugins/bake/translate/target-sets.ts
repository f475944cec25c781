import { posix } from "node:path";
import type { BuildsRequest, ImportedModule, ModuleStatement, StageImage, TsdockError } from "tsdock/plugin";
import { dockerfileImporter } from "tsdock/plugins/dockerfile";
import { isLocalPath } from "../compose/load-services.ts";
import { invalid, unsupported } from "../hcl/source.ts";
import { mapOf, type ResolvedTarget, textOf } from "../resolve/model.ts";
import { imageSettings, notImported } from "./image-settings.ts";
import { gitAddress, namedContexts } from "./named-contexts.ts";

/** Targets that are made of one Dockerfile in one way: their stages are written once. */
export interface TargetSet {
  readonly targets: readonly [ResolvedTarget, ...ResolvedTarget[]];
}

export function targetSets(targets: readonly ResolvedTarget[]): readonly TargetSet[] {
  const sets = new Map<string, [ResolvedTarget, ...ResolvedTarget[]]>();
  for (const target of targets) {
    const key = setKey(target);
    const before = sets.get(key);
    if (before === undefined) sets.set(key, [target]);
    else before.push(target);
  }
  return [...sets.values()].map((members) => ({ targets: members }));
}

function setKey({ values }: ResolvedTarget): string {
  const entries = (name: "args" | "contexts"): unknown =>
    [...mapOf(values, name)].map(([key, { value }]) => [key, value]).sort();
  const texts = (["context", "dockerfile", "dockerfile-inline", "network"] as const).map(
    (name) => textOf(values, name) ?? "",
  );
  return JSON.stringify([texts, entries("args"), entries("contexts")]);
}

export interface SetTools {
  readonly request: BuildsRequest;
  readonly ownParams: ReadonlySet<string>;
  readonly declared: readonly ModuleStatement[];
  /** Those that targets become. */
  readonly constants: ReadonlyMap<string, string>;
}

/** The module of a set's Dockerfile. Errors `IMPORT_INVALID`, `IMPORT_UNSUPPORTED` where nothing of it can be written. */
export function readSet(
  { targets }: TargetSet,
  tools: SetTools,
): { readonly module: ImportedModule; readonly problems: readonly TsdockError[] } {
  const [first] = targets;
  const { request } = tools;
  const directory = contextOf(first);
  const dockerfile = dockerfileOf(first, directory, request);
  const contexts = namedContexts(first, { ...tools, context: (path) => request.context(localPath(path)) });
  const settings = targets.map((target) => imageSettings(target, tools.constants.get(target.name) ?? ""));
  const args = argsOf(first, request);
  const notes = [...unusedArgs(args, dockerfile.text), ...contexts.problems.map(notImported)];
  const images = settings.map(
    ({ image }, index): StageImage =>
      index === 0 ? { ...image, comments: [...image.comments, ...notes] } : image,
  );
  const network = textOf(first.values, "network");
  const module = dockerfileImporter.read({
    ...dockerfile,
    name: first.name,
    files: request.contextFiles(directory),
    context: request.context(directory),
    targets: [],
    args,
    baseEnv: request.baseEnv,
    paramPrefix: "",
    platform: request.platform,
    surroundings: {
      declared: [...tools.declared, ...contexts.statements],
      reserved: [...tools.constants.values()],
      ownParams: tools.ownParams,
      contexts: contexts.expressions,
      network: network === "host" || network === "none" ? network : undefined,
      images,
    },
  });
  const tree =
    contexts.statements.length > 0 ? [{ from: "tsdock", names: ["image", "scratch"], types: [] }] : [];
  return {
    module: {
      ...module,
      imports: [...module.imports, ...tree],
      statements: [...contexts.statements, ...module.statements],
    },
    problems: [
      ...settings.flatMap(({ problems }) => problems),
      ...contexts.problems,
      ...ownIgnoreFile(first, directory, request),
    ],
  };
}

/** Paths are relative to the first file's directory. */
const localPath = (path: string): string => posix.normalize(path.replace(/^cwd:\/\//, "") || ".");

function contextOf({ name, values }: ResolvedTarget): string {
  const given = values.texts.get("context");
  if (given === undefined) return ".";
  const { value, spot } = given;
  if (
    gitAddress(value) !== undefined ||
    (!isLocalPath(value) && !value.startsWith("cwd://") && !value.startsWith("/"))
  )
    throw unsupported(
      `the context of ${name} is ${value}, and not a directory here`,
      spot,
      "check it out, and name its directory",
    );
  return localPath(value);
}

function dockerfileOf(
  { name, spot, values }: ResolvedTarget,
  directory: string,
  request: BuildsRequest,
): { readonly file: string; readonly text: string } {
  const inline = values.texts.get("dockerfile-inline");
  if (inline !== undefined) return { file: `${inline.spot.source.file}#${name}`, text: inline.value };
  const given = values.texts.get("dockerfile");
  const path = dockerfilePath(given?.value, directory);
  const found = request.read(path);
  if (found === undefined) throw invalid(`there is no Dockerfile ${path} for ${name}`, given?.spot ?? spot);
  return found;
}

const dockerfilePath = (given: string | undefined, directory: string): string => {
  const written = given ?? "Dockerfile";
  if (written.startsWith("cwd://")) return localPath(written);
  return posix.isAbsolute(written) ? written : posix.join(directory, written);
};

/** What the target gives, and before that what the command line does. */
function argsOf({ values }: ResolvedTarget, { args }: BuildsRequest): Readonly<Record<string, string>> {
  const own = Object.fromEntries([...mapOf(values, "args")].map(([name, { value }]) => [name, value]));
  return { ...own, ...args };
}

function unusedArgs(args: Readonly<Record<string, string>>, text: string): readonly string[] {
  const unused = Object.entries(args).filter(
    ([name]) =>
      !new RegExp(`^\\s*ARG\\s(?:.*[\\s\\\\])?${name.replace(/\W/g, "\\$&")}(?![\\w-])`, "im").test(text),
  );
  if (unused.length === 0) return [];
  return [`Arguments that no ARG declares: ${unused.map(([name, value]) => `${name}=${value}`).join(", ")}`];
}

/** Rules of one Dockerfile alone: a context has its `.dockerignore`, whoever copies from it. */
function ownIgnoreFile(
  { values, spot }: ResolvedTarget,
  directory: string,
  { read }: BuildsRequest,
): readonly TsdockError[] {
  if (values.texts.has("dockerfile-inline")) return [];
  const path = `${dockerfilePath(textOf(values, "dockerfile"), directory)}.dockerignore`;
  const own = read(path);
  if (own === undefined || own.text === read(posix.join(directory, ".dockerignore"))?.text) return [];
  return [
    unsupported(
      `${path} holds for one Dockerfile; images of a context share its .dockerignore`,
      values.texts.get("dockerfile")?.spot ?? spot,
      "make it the context's .dockerignore, or give the image a context of its own",
    ),
  ];
}
