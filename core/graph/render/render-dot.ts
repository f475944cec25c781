import { formatPlatform } from "../../oci/spec/platform.ts";
import type { Definition, Vertex } from "../definition.ts";
import { severalPlatforms } from "./several-platforms.ts";

const shapes: Readonly<Record<Vertex["op"]["type"], string>> = {
  source: "cylinder",
  file: "note",
  exec: "box",
  merge: "invtrapezium",
  diff: "trapezium",
};

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;

/** For Graphviz: `tsdock graph --format dot | dot -Tsvg`. */
export function renderDot(definition: Definition): string {
  const numbers = new Map([...definition.vertices.keys()].map((id, index) => [id, `v${index + 1}`]));
  const node = (id: string): string => numbers.get(id) ?? quoted(id);
  const withPlatform = severalPlatforms(definition);
  const lines = ["digraph tsdock {", "  rankdir=LR;", "  node [fontname=monospace];"];
  for (const { id, op, name, platform, inputs } of definition.vertices.values()) {
    const label = withPlatform ? `${name}\n${formatPlatform(platform)}` : name;
    lines.push(`  ${node(id)} [label=${quoted(label)}, shape=${shapes[op.type]}];`);
    for (const input of inputs) lines.push(`  ${node(input)} -> ${node(id)};`);
  }
  for (const [index, { name, platforms }] of definition.images.entries()) {
    lines.push(`  i${index + 1} [label=${quoted(name)}, shape=component, style=bold];`);
    for (const { top } of platforms) if (top !== undefined) lines.push(`  ${node(top)} -> i${index + 1};`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}
