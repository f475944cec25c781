import { createRequire } from "node:module";
import { yamlOffsets } from "tsdock/plugin";
import type { Budget } from "../evaluate/budget.ts";
import { invalid, type Source, type Spot } from "../hcl/source.ts";
import { interpolate, type Variables } from "./interpolate.ts";
import { type MapNode, mapNode, type Mark, type Node } from "./node.ts";

type Yaml = typeof import("js-yaml");
const load = (): Yaml => createRequire(import.meta.url)("js-yaml") as Yaml;

/** What `!reset` and `!override` stand before. */
class Marked {
  readonly mark: Mark;
  readonly value: unknown;
  constructor(mark: Mark, value: unknown) {
    this.mark = mark;
    this.value = value;
  }
}

function schemaOf(yaml: Yaml): import("js-yaml").Schema {
  const marks = ["reset", "override"] as const;
  const types = marks.flatMap((mark) =>
    (["scalar", "sequence", "mapping"] as const).map(
      (kind) => new yaml.Type(`!${mark}`, { kind, construct: (value: unknown) => new Marked(mark, value) }),
    ),
  );
  // Days are text here.
  return yaml.CORE_SCHEMA.extend({
    implicit: [(yaml as unknown as { types: { merge: import("js-yaml").Type } }).types.merge],
    explicit: types,
  });
}

/** The parts of a compose file that builds depend on; nothing else is looked at. Error `IMPORT_INVALID` with its place. */
export function readCompose(source: Source, variables: Variables, budget: Budget): MapNode {
  const yaml = load();
  const schema = schemaOf(yaml);
  let value: unknown;
  try {
    value = yaml.load(source.text, { schema });
  } catch (error) {
    if (!(error instanceof yaml.YAMLException)) throw error;
    const offset = Math.min(error.mark.position, source.text.length);
    throw invalid(`the file is not YAML: ${error.reason}`, source.at(offset));
  }
  const offsets = yamlOffsets(source.text, schema);
  const located = locate(value, {
    spot: (path) => source.at(offsets(path, "value") ?? 0),
    variables,
    budget,
  });
  return mapNode(located, "the file");
}

interface Locating {
  readonly spot: (path: readonly string[]) => Spot;
  readonly variables: Variables;
  readonly budget: Budget;
}

/** What builds depend on, by depth: keys of the file, and keys of a service. */
const roots = new Set(["services", "secrets", "include", "name"]);
const serviceKeys = new Set(["build", "image", "extends", "profiles", "platform"]);

const isWanted = (path: readonly string[]): boolean => {
  if (path.length === 1) return roots.has(path[0] ?? "");
  return path.length !== 3 || path[0] !== "services" || serviceKeys.has(path[2] ?? "");
};

/** Aliases make many nodes of few; saying where each stands takes a while. */
const nodeCost = 20;

function locate(value: unknown, locating: Locating, path: readonly string[] = []): Node {
  const spot = locating.spot(path);
  locating.budget.spend(nodeCost, spot);
  if (value instanceof Marked) return { ...locate(value.value, locating, path), mark: value.mark };
  if (Array.isArray(value))
    return {
      kind: "list",
      spot,
      items: value.map((item, index) => locate(item, locating, [...path, String(index)])),
    };
  if (typeof value === "object" && value !== null) {
    const entries = new Map<string, Node>();
    for (const [key, item] of Object.entries(value)) {
      const inner = [...path, key];
      if (isWanted(inner)) entries.set(key, locate(item, locating, inner));
    }
    return { kind: "map", entries, spot };
  }
  if (typeof value === "string") {
    const text = interpolate(value, locating.variables, spot);
    locating.budget.spend(text.length, spot);
    return { kind: "scalar", value: text, spot };
  }
  if (typeof value === "number" || typeof value === "boolean") return { kind: "scalar", value, spot };
  return { kind: "scalar", value: null, spot };
}
