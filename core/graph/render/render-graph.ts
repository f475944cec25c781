import type { Definition } from "../definition.ts";
import { graphJson } from "./graph-json.ts";
import { renderDot } from "./render-dot.ts";
import { renderMermaid } from "./render-mermaid.ts";
import { renderText } from "./render-text.ts";

export const graphFormats = ["text", "json", "dot", "mermaid"] as const;
export type GraphFormat = (typeof graphFormats)[number];

/** What `tsdock graph` prints, with a line break at its end. */
export function renderGraph(definition: Definition, format: GraphFormat): string {
  switch (format) {
    case "text":
      return renderText(definition);
    case "json":
      return `${JSON.stringify(graphJson(definition), null, 2)}\n`;
    case "dot":
      return renderDot(definition);
    case "mermaid":
      return renderMermaid(definition);
  }
}
