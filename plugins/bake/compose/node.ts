import { invalid, type Spot } from "../hcl/source.ts";

/** A value of a YAML file that knows where it stands. */
export type Node =
  | {
      readonly kind: "scalar";
      readonly value: string | number | boolean | null;
      readonly spot: Spot;
      readonly mark?: Mark;
    }
  | { readonly kind: "list"; readonly items: readonly Node[]; readonly spot: Spot; readonly mark?: Mark }
  | MapNode;

export interface MapNode {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Node>;
  readonly spot: Spot;
  readonly mark?: Mark;
}

/** `!reset` takes away what earlier files say, `!override` puts something in its place. */
export type Mark = "reset" | "override";

export const emptyMap = (spot: Spot): MapNode => ({ kind: "map", entries: new Map(), spot });

const describe = (node: Node): string =>
  node.kind === "map"
    ? "an object"
    : node.kind === "list"
      ? "a list"
      : node.value === null
        ? "nothing"
        : "a value";

export const isNothing = (node: Node | undefined): node is undefined =>
  node === undefined || (node.kind === "scalar" && node.value === null);

/** Text, numbers and booleans as text. Error `IMPORT_INVALID`. */
export function scalarText(node: Node, what: string): string {
  if (node.kind === "scalar" && node.value !== null) return String(node.value);
  throw invalid(`${what} must be text and is ${describe(node)}`, node.spot);
}

export function mapNode(node: Node, what: string): MapNode {
  if (node.kind === "map") return node;
  if (node.kind === "scalar" && node.value === null) return emptyMap(node.spot);
  throw invalid(`${what} must be an object and is ${describe(node)}`, node.spot);
}

export function listItems(node: Node, what: string): readonly Node[] {
  if (node.kind === "list") return node.items;
  if (node.kind === "scalar" && node.value === null) return [];
  throw invalid(`${what} must be a list and is ${describe(node)}`, node.spot);
}

export interface Pair {
  /** Null: the name alone is given. */
  readonly value: string | null;
  readonly spot: Spot;
}

/** `["a=1", "b"]` or `{ a: 1, b: }` as names with their values. */
export function pairs(node: Node, what: string): ReadonlyMap<string, Pair> {
  if (node.kind === "map")
    return new Map<string, Pair>(
      [...node.entries].map(([key, item]) => [
        key,
        { value: isNothing(item) ? null : scalarText(item, `${what}.${key}`), spot: item.spot },
      ]),
    );
  return new Map<string, Pair>(
    listItems(node, what).map((item) => {
      const text = scalarText(item, `an element of ${what}`);
      const equals = text.indexOf("=");
      return equals < 0
        ? [text, { value: null, spot: item.spot }]
        : [text.slice(0, equals), { value: text.slice(equals + 1), spot: item.spot }];
    }),
  );
}

/** What a later file says of a value that an earlier one has. */
export function mergeNodes(under: Node | undefined, over: Node, path: readonly string[] = []): Node {
  if (under === undefined || over.mark === "override") return over;
  const key = path.at(-1) ?? "";
  if (asPairs.has(key) && under.kind !== over.kind)
    return mergeNodes(pairsNode(under), pairsNode(over), path);
  if (under.kind === "map" && over.kind === "map") {
    const entries = new Map(under.entries);
    for (const [name, item] of over.entries) {
      if (item.mark === "reset") entries.delete(name);
      else entries.set(name, mergeNodes(entries.get(name), item, [...path, name]));
    }
    return { kind: "map", entries, spot: over.spot };
  }
  if (under.kind === "list" && over.kind === "list") {
    if (asPairs.has(key)) return mergeNodes(pairsNode(under), pairsNode(over), path);
    return { kind: "list", items: [...under.items, ...over.items], spot: over.spot };
  }
  // A build that is only a directory is a build with that context.
  if (key === "build" && under.kind !== over.kind) return mergeNodes(buildNode(under), buildNode(over), path);
  return over;
}

const asPairs = new Set(["args", "labels", "additional_contexts", "extra_hosts"]);

export function buildNode(node: Node): MapNode {
  return node.kind === "scalar" && node.value !== null
    ? { kind: "map", entries: new Map([["context", node]]), spot: node.spot }
    : mapNode(node, "build");
}

const pairsNode = (node: Node): MapNode => ({
  kind: "map",
  spot: node.spot,
  entries: new Map(
    [...pairs(node, "it")].map(([name, { value, spot }]) => [name, { kind: "scalar", value, spot }] as const),
  ),
});
