import { createRequire } from "node:module";

/** How one file names another. */
export interface Edge {
  readonly kind: "import" | "require" | "asset";
  readonly specifier: string;
  /** The literal with its quotes, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

export interface FoundEdges {
  readonly edges: readonly Edge[];
  /** Offsets of imports whose specifier is computed: what they reach cannot be known. */
  readonly computed: readonly number[];
  readonly mistake: { readonly message: string; readonly offset: number } | undefined;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

function* nodes(root: unknown): Generator<Node> {
  const open: unknown[] = [root];
  for (let value = open.pop(); value !== undefined || open.length > 0; value = open.pop()) {
    if (Array.isArray(value)) open.push(...(value as unknown[]));
    else if (isNode(value)) {
      yield value;
      open.push(...Object.values(value).filter((one) => typeof one === "object" && one !== null));
    }
  }
}

const nameOf = (value: unknown): string | undefined =>
  isNode(value) && value.type === "Identifier" ? (value["name"] as string) : undefined;

/** A literal text; undefined for anything else. */
function literal(value: unknown): Pick<Edge, "specifier" | "start" | "end"> | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === "Literal" && typeof value["value"] === "string")
    return { specifier: value["value"], start: value.start, end: value.end };
  const quasis = value["quasis"];
  if (value.type !== "TemplateLiteral" || !Array.isArray(quasis) || quasis.length !== 1) return undefined;
  const cooked = (quasis[0] as { value?: { cooked?: unknown } }).value?.cooked;
  return typeof cooked === "string" ? { specifier: cooked, start: value.start, end: value.end } : undefined;
}

/** `import.meta.url` */
function isOwnUrl(value: unknown): boolean {
  if (!isNode(value) || value.type !== "MemberExpression") return false;
  const { object, property } = value;
  return nameOf(property) === "url" && isNode(object) && object.type === "MetaProperty";
}

function edgeOf(node: Node): Edge | { readonly computed: number } | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ExportNamedDeclaration": {
      const found = literal(node["source"]);
      return found === undefined ? undefined : { kind: "import", ...found };
    }
    case "ImportExpression": {
      const found = literal(node["source"]);
      return found === undefined ? { computed: node.start } : { kind: "import", ...found };
    }
    case "CallExpression": {
      const callee = node["callee"];
      const isResolve =
        isNode(callee) &&
        callee.type === "MemberExpression" &&
        nameOf(callee["object"]) === "require" &&
        nameOf(callee["property"]) === "resolve";
      if (nameOf(callee) !== "require" && !isResolve) return undefined;
      const found = literal((node["arguments"] as unknown[])[0]);
      return found === undefined ? { computed: node.start } : { kind: "require", ...found };
    }
    case "NewExpression": {
      const [first, second] = node["arguments"] as unknown[];
      if (nameOf(node["callee"]) !== "URL" || !isOwnUrl(second)) return undefined;
      const found = literal(first);
      return found === undefined ? { computed: node.start } : { kind: "asset", ...found };
    }
    default:
      return undefined;
  }
}

/** Everything that a JavaScript file names: imports, exports from, `require`, `new URL("…", import.meta.url)`. */
export function findEdges(file: string, code: string): FoundEdges {
  const { parseSync } = createRequire(import.meta.url)("oxc-parser") as typeof import("oxc-parser");
  const { program, errors } = parseSync(file, code);
  const [error] = errors;
  const found = [...nodes(program)].flatMap((node) => edgeOf(node) ?? []);
  return {
    edges: found.filter((one): one is Edge => "kind" in one).sort((a, b) => a.start - b.start),
    computed: found.flatMap((one) => ("computed" in one ? [one.computed] : [])),
    mistake:
      error === undefined ? undefined : { message: error.message, offset: error.labels[0]?.start ?? 0 },
  };
}
