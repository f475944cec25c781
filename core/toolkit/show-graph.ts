import { narrow, select } from "../graph/select.ts";
import { type GraphFormat, graphFormats, renderGraph } from "../graph/render/render-graph.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { Host } from "./host.ts";
import { openWorkspace } from "./workspace.ts";

export interface GraphRequest {
  readonly images: readonly string[];
  readonly platforms: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly config: string | undefined;
  readonly format: string;
}

/** The graph of layers as text. Reads the declarations and nothing else. */
export async function showGraph(request: GraphRequest, host: Host): Promise<string> {
  const format = graphFormats.find((one): one is GraphFormat => one === request.format);
  if (format === undefined)
    throw new TsdockError("USAGE", `there is no format ${request.format}`, {
      hint: `one of ${graphFormats.join(", ")}`,
    });
  const workspace = await openWorkspace(request, host);
  const { definition } = workspace.compiled;
  const text = renderGraph(
    narrow(definition, select(definition, { names: request.images, groups: workspace.config.groups })),
    format,
  );
  return text.endsWith("\n") ? text : `${text}\n`;
}
