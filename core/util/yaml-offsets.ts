import { createRequire } from "node:module";
import type { Offsets } from "./offsets.ts";

/** A node of a YAML document with the offset of its first character. */
interface Node {
  readonly start: number;
  readonly children: Node[];
  value: unknown;
  mapping: boolean;
}

/** What js-yaml's listener is given; its types leave this out. */
interface State {
  readonly input: string;
  readonly position: number;
  readonly kind: string | null;
  readonly result: unknown;
}

/** Offsets in YAML, from the events of the parser. `schema`: of `js-yaml`, for tags of an application. */
export function yamlOffsets(text: string, schema?: unknown): Offsets {
  const root = parse(text, schema);
  return (keys, part) => {
    let node: Node | undefined = root;
    let offset = node?.start;
    for (const [depth, key] of keys.entries()) {
      const found: Found | undefined = node === undefined ? undefined : step(node, key, text);
      if (found === undefined) return offset;
      offset =
        (depth === keys.length - 1 && part === "key" ? found.key : undefined) ??
        found.value?.start ??
        found.key;
      node = found.value;
    }
    return offset;
  };
}

interface Found {
  readonly key: number | undefined;
  readonly value: Node | undefined;
}

function step(node: Node, key: string, text: string): Found | undefined {
  if (!node.mapping) {
    const value = node.children[Number(key)];
    return value === undefined ? undefined : { key: undefined, value };
  }
  const index = node.children.findIndex((child) => isScalar(child, key) && isKey(child, text));
  const found = node.children[index];
  return found === undefined ? undefined : { key: found.start, value: node.children[index + 1] };
}

/** Lists are no keys, and as text those of aliases would have no end. */
const isScalar = ({ value }: Node, key: string): boolean =>
  (value === null || typeof value !== "object") && String(value) === key;

/** A scalar that a colon follows. */
const isKey = (node: Node, text: string): boolean =>
  /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^:\n]|:\S)*?\s*:(?:\s|$)/.test(text.slice(node.start));

function parse(text: string, schema: unknown): Node | undefined {
  const yaml = createRequire(import.meta.url)("js-yaml") as typeof import("js-yaml");
  const open: Node[] = [];
  let root: Node | undefined;
  const listener = (event: "open" | "close", { input, position, kind, result }: State): void => {
    if (event === "open") {
      const start = position + (/^(?:\s|#.*)*/.exec(input.slice(position))?.[0].length ?? 0);
      open.push({ start, children: [], value: undefined, mapping: false });
      return;
    }
    const node = open.pop();
    if (node === undefined) return;
    node.value = result;
    node.mapping = kind === "mapping";
    root = node;
    if (kind !== null) open.at(-1)?.children.push(node);
  };
  yaml.load(text, {
    listener: listener,
    ...(schema === undefined ? {} : { schema: schema as import("js-yaml").Schema }),
  });
  return root;
}
