import { formatPlatform } from "../../oci/spec/platform.ts";
import type { CompiledPlatform, Definition, Vertex, VertexId } from "../definition.ts";
import { severalPlatforms } from "./several-platforms.ts";

/**
 * A tree per image that reads from its base to its last layer; what a layer takes from elsewhere hangs below it. A part that was
 * shown before is named again and not repeated.
 */
export function renderText(definition: Definition): string {
  const writer = new TreeWriter(definition);
  for (const { name, platforms } of definition.images) {
    for (const platform of platforms) writer.image(name, platform);
  }
  return writer.text();
}

class TreeWriter {
  readonly #definition: Definition;
  readonly #lines: string[] = [];
  /** Where each vertex was shown. */
  readonly #numbers = new Map<VertexId, number>();
  readonly #tops: ReadonlyMap<VertexId, string>;
  readonly #withPlatform: boolean;

  constructor(definition: Definition) {
    this.#definition = definition;
    this.#withPlatform = severalPlatforms(definition);
    this.#tops = new Map(
      definition.images.flatMap(({ name, platforms }) =>
        platforms.flatMap(({ top }) => (top === undefined ? [] : [[top, name]])),
      ),
    );
  }

  image(name: string, { platform, top }: CompiledPlatform): void {
    const of = this.#withPlatform ? ` (${formatPlatform(platform)})` : "";
    this.#lines.push(`${name}${of}`);
    if (top === undefined) this.#lines.push("└─ (no files)");
    else this.#chain(top, "");
    this.#lines.push("");
  }

  text(): string {
    return `${this.#lines.join("\n").trimEnd()}\n`;
  }

  #chain(top: VertexId, indent: string): void {
    const chain = this.#chainOf(top);
    for (const [position, vertex] of chain.entries()) {
      const last = position === chain.length - 1;
      this.#vertex(vertex, `${indent}${last ? "└─ " : "├─ "}`, `${indent}${last ? "   " : "│  "}`);
    }
  }

  #vertex(vertex: Vertex, lead: string, indent: string): void {
    const known = this.#numbers.get(vertex.id);
    if (known !== undefined) {
      this.#lines.push(`${lead}${vertex.name} [${known}, above]`);
      return;
    }
    const number = this.#numbers.size + 1;
    this.#numbers.set(vertex.id, number);
    this.#lines.push(`${lead}${vertex.name} [${number}]`);
    const others = baseOf(vertex) === undefined ? vertex.inputs : vertex.inputs.slice(1);
    for (const [position, input] of others.entries()) {
      const last = position === others.length - 1;
      this.#lines.push(`${indent}${last ? "╰╴" : "├╴"}from ${this.#tops.get(input) ?? "a stage"}`);
      this.#chain(input, `${indent}${last ? "  " : "│ "}`);
    }
  }

  /** From what was shown last to `top`: the base first. */
  #chainOf(top: VertexId): readonly Vertex[] {
    const chain: Vertex[] = [];
    for (let id: VertexId | undefined = top; id !== undefined; ) {
      const vertex: Vertex | undefined = this.#definition.vertices.get(id);
      if (vertex === undefined) break;
      chain.push(vertex);
      id = this.#numbers.has(vertex.id) ? undefined : baseOf(vertex);
    }
    return chain.reverse();
  }
}

function baseOf({ op, inputs }: Vertex): VertexId | undefined {
  return (op.type === "file" || op.type === "exec") && op.base !== undefined ? inputs[op.base] : undefined;
}
