import { posix } from "node:path";
import { Budget } from "../evaluate/budget.ts";
import { invalid, Source, type Spot } from "../hcl/source.ts";
import { readEnvFile, type Variables } from "./interpolate.ts";
import {
  buildNode,
  emptyMap,
  isNothing,
  listItems,
  type MapNode,
  mapNode,
  mergeNodes,
  type Node,
  scalarText,
} from "./node.ts";
import { readCompose } from "./read-compose.ts";

export interface ComposeInput {
  /** Files beside the first one, by paths relative to its directory; undefined where there is none. */
  readonly read: (path: string) => Source | undefined;
  /** Values of variables, before those of `.env`. */
  readonly given: Readonly<Record<string, string>>;
}

export interface Services {
  readonly services: ReadonlyMap<string, MapNode>;
  readonly secrets: MapNode;
  /** Variables that nothing sets. */
  readonly unset: readonly string[];
}

const mostFiles = 200;

/** What compose files say of services and secrets, merged as compose merges them. Errors `IMPORT_INVALID`. */
export function loadServices(sources: readonly Source[], input: ComposeInput): Services {
  const loader = new Loader(input);
  const variables = loader.variablesOf([".env"], undefined);
  const whole = sources.reduce<MapNode>(
    (before, source) => merged(before, loader.load(source, ".", variables)),
    emptyMap((sources[0] ?? new Source("", "")).at(0)),
  );
  return {
    services: namedMaps(whole, "services"),
    secrets: mapNode(whole.entries.get("secrets") ?? emptyMap(whole.spot), "secrets"),
    unset: [...loader.unset].sort(),
  };
}

const merged = (before: MapNode, after: MapNode): MapNode => mapNode(mergeNodes(before, after), "the file");

function namedMaps(file: MapNode, key: string): ReadonlyMap<string, MapNode> {
  const node = file.entries.get(key);
  if (node === undefined) return new Map();
  return new Map(
    [...mapNode(node, key).entries].map(([name, item]) => [name, mapNode(item, `${key}.${name}`)]),
  );
}

class Loader {
  readonly unset = new Set<string>();
  readonly #input: ComposeInput;
  readonly #budget = new Budget();
  #files = 0;

  constructor(input: ComposeInput) {
    this.#input = input;
  }

  /** Of files with variables; those that are given come first, those of `outer` last. A missing `.env` is none. */
  variablesOf(files: readonly string[], outer: Variables | undefined): Variables {
    const found = new Map<string, string>();
    const variables: Variables = {
      get: (name) =>
        Object.hasOwn(this.#input.given, name)
          ? this.#input.given[name]
          : (found.get(name) ?? outer?.get(name)),
      missing: (name) => this.unset.add(name),
    };
    for (const path of files) {
      const source = this.#input.read(path);
      if (source === undefined) continue;
      const own = readEnvFile(source.text, variables, (offset) => source.at(offset));
      for (const [name, value] of own) found.set(name, value);
    }
    return variables;
  }

  /** A file with what it includes and what its services extend. Paths of it are relative to `directory`. */
  load(source: Source, directory: string, variables: Variables, waiting: readonly string[] = []): MapNode {
    this.#files += 1;
    if (waiting.includes(source.file))
      throw invalid(`the file includes itself: ${[...waiting, source.file].join(" → ")}`, source.at(0));
    if (this.#files > mostFiles) throw invalid(`there are more than ${mostFiles} files`, source.at(0));
    const own = rebased(readCompose(source, variables, this.#budget), directory);
    const included = this.#included(own, directory, variables, [...waiting, source.file]);
    const services = new Map<string, Node>();
    const inner = { own, directory, variables };
    for (const name of namedMaps(own, "services").keys()) services.set(name, this.#extended(name, inner, []));
    const entries = new Map(own.entries);
    if (services.size > 0) entries.set("services", { kind: "map", entries: services, spot: own.spot });
    return included.reduceRight<MapNode>((after, before) => merged(before, after), { ...own, entries });
  }

  #included(
    own: MapNode,
    directory: string,
    variables: Variables,
    waiting: readonly string[],
  ): readonly MapNode[] {
    const include = own.entries.get("include");
    if (include === undefined) return [];
    return listItems(include, "include").map((item) => {
      const options = item.kind === "map" ? item.entries : new Map<string, Node>([["path", item]]);
      const paths = texts(options.get("path"), "path").map((path) => posix.join(directory, path));
      const project = options.get("project_directory");
      const [first] = paths;
      if (first === undefined) throw invalid("an include has a path", item.spot);
      const base =
        project === undefined
          ? posix.dirname(first)
          : posix.join(directory, scalarText(project, "project_directory"));
      const given = options.get("env_file");
      const envFiles =
        given === undefined
          ? [posix.join(base, ".env")]
          : texts(given, "env_file").map((path) => posix.join(directory, path));
      const inner = this.variablesOf(envFiles, variables);
      return paths.map((path) => this.load(this.#read(path, item.spot), base, inner, waiting)).reduce(merged);
    });
  }

  #read(path: string, spot: Spot): Source {
    const source = this.#input.read(path);
    if (source === undefined) throw invalid(`there is no file ${path}`, spot);
    return source;
  }

  /** A service with what it extends before it. */
  #extended(name: string, file: ServiceFile, waiting: readonly string[]): MapNode {
    const service = namedMaps(file.own, "services").get(name);
    if (service === undefined) throw invalid(`there is no service ${name}`, file.spot ?? file.own.spot);
    const extension = service.entries.get("extends");
    if (isNothing(extension)) return service;
    const id = `${file.path ?? ""} ${name}`.trim();
    if (waiting.includes(id))
      throw invalid(`a service extends itself: ${[...waiting, id].join(" → ")}`, extension.spot);
    const options =
      extension.kind === "map" ? extension.entries : new Map<string, Node>([["service", extension]]);
    const parent = options.get("service");
    if (parent === undefined) throw invalid("extends names a service", extension.spot);
    const path = options.get("file");
    const target = path === undefined ? file : this.#fileOf(scalarText(path, "file"), path.spot, file);
    const base = this.#extended(scalarText(parent, "service"), { ...target, spot: parent.spot }, [
      ...waiting,
      id,
    ]);
    // Profiles are not inherited.
    const inherited = new Map([...base.entries].filter(([key]) => key !== "profiles"));
    return mapNode(mergeNodes({ ...base, entries: inherited }, service, ["services", name]), name);
  }

  #fileOf(path: string, spot: Spot, file: ServiceFile): ServiceFile {
    this.#files += 1;
    if (this.#files > mostFiles) throw invalid(`there are more than ${mostFiles} files`, spot);
    const whole = posix.join(file.directory, path);
    const directory = posix.dirname(whole);
    const own = rebased(readCompose(this.#read(whole, spot), file.variables, this.#budget), directory);
    return { own, directory, variables: file.variables, path: whole };
  }
}

interface ServiceFile {
  readonly own: MapNode;
  readonly directory: string;
  readonly variables: Variables;
  readonly path?: string;
  readonly spot?: Spot;
}

const texts = (node: Node | undefined, what: string): readonly string[] => {
  if (node === undefined) return [];
  return node.kind === "list" ? node.items.map((item) => scalarText(item, what)) : [scalarText(node, what)];
};

/** Paths of a file in another directory, as the first file would write them. */
function rebased(file: MapNode, directory: string): MapNode {
  if (directory === ".") return file;
  const services = new Map<string, Node>(
    [...namedMaps(file, "services")].map(([name, service]) => {
      const build = service.entries.get("build");
      if (isNothing(build)) return [name, service];
      return [
        name,
        { ...service, entries: new Map([...service.entries, ["build", rebasedBuild(build, directory)]]) },
      ];
    }),
  );
  if (services.size === 0) return file;
  return {
    ...file,
    entries: new Map([...file.entries, ["services", { kind: "map", entries: services, spot: file.spot }]]),
  };
}

function rebasedBuild(build: Node, directory: string): Node {
  const whole = buildNode(build);
  const entries = new Map(whole.entries);
  const context = entries.get("context");
  const moved = (node: Node): Node =>
    node.kind === "scalar" && typeof node.value === "string"
      ? { ...node, value: movedPath(node.value, directory) }
      : node;
  entries.set(
    "context",
    context === undefined ? { kind: "scalar", value: directory, spot: build.spot } : moved(context),
  );
  const more = entries.get("additional_contexts");
  if (more?.kind === "map")
    entries.set("additional_contexts", {
      ...more,
      entries: new Map([...more.entries].map(([name, node]) => [name, moved(node)])),
    });
  return { ...whole, entries };
}

/** Addresses and absolute paths stay as they are. */
export const isLocalPath = (path: string): boolean =>
  !/^(?:[a-z][\w+.-]*:\/\/|target:|service:|docker-image:|oci-layout:|git@|\/)/i.test(path);
const movedPath = (path: string, directory: string): string =>
  isLocalPath(path) ? posix.join(directory, path) : path;
