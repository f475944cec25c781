import { formatPlatform } from "../../oci/spec/platform.ts";
import type { Definition, Vertex } from "../definition.ts";
import { severalPlatforms } from "./several-platforms.ts";

const brackets: Readonly<Record<Vertex["op"]["type"], readonly [string, string]>> = {
  source: ["[(", ")]"],
  file: ["[", "]"],
  exec: ["[[", "]]"],
  merge: ["[\\", "/]"],
  diff: ["[/", "\\]"],
};

/** Mermaid's entities: quotes, and what it would read as markup. */
const quoted = (text: string): string =>
  `"${text.replace(/[#"<>&`]/g, (character) => `#${character.charCodeAt(0)};`).replaceAll("\n", "<br/>")}"`;

/** For Markdown that renders mermaid, as GitHub and GitLab do. */
export function renderMermaid(definition: Definition): string {
  const numbers = new Map([...definition.vertices.keys()].map((id, index) => [id, `v${index + 1}`]));
  const node = (id: string): string => numbers.get(id) ?? id;
  const withPlatform = severalPlatforms(definition);
  const lines = ["flowchart LR"];
  for (const { id, op, name, platform, inputs } of definition.vertices.values()) {
    const [open, close] = brackets[op.type];
    lines.push(
      `  ${node(id)}${open}${quoted(withPlatform ? `${name}\n${formatPlatform(platform)}` : name)}${close}`,
    );
    for (const input of inputs) lines.push(`  ${node(input)} --> ${node(id)}`);
  }
  for (const [index, { name, platforms }] of definition.images.entries()) {
    lines.push(`  i${index + 1}([${quoted(name)}])`);
    for (const { top } of platforms) if (top !== undefined) lines.push(`  ${node(top)} --> i${index + 1}`);
  }
  return `${lines.join("\n")}\n`;
}
