import type { BuildContext } from "../../build/operation-handler.ts";
import { createSourceContext } from "../../build/source-context.ts";
import type { CompiledPlatform, Vertex, VertexId } from "../../graph/definition.ts";
import type { SoftwarePackage } from "../../plugin/attestation.ts";
import type { Json } from "../../util/json.ts";
import type { MaterialOptions } from "./image-materials.ts";

/**
 * What plugins put into an image: into what it begins with and into layers that it takes whole. Files that are copied from another
 * stage are no packages of this image: nobody knows how much of one they are. By package URL.
 */
export async function imagePackages(
  { source, steps }: CompiledPlatform,
  options: MaterialOptions,
  context: BuildContext,
): Promise<readonly SoftwarePackage[]> {
  const whole = [source, ...steps.map((step) => (step.type === "layers" ? step.vertex : undefined))];
  const sources = new Set(whole.flatMap((id) => (id === undefined ? [] : sourcesIn(id, options))));
  const found = await Promise.all([...sources].map((vertex) => packagesOf(vertex, options, context)));
  const distinct = new Map(found.flat().map((one) => [one.purl, one]));
  return [...distinct.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
}

/** The sources whose whole trees are in the tree of a vertex. */
function sourcesIn(id: VertexId, options: MaterialOptions): readonly Vertex[] {
  const vertex = options.definition.vertices.get(id);
  if (vertex === undefined) return [];
  const { op, inputs } = vertex;
  if (op.type === "source") return [vertex];
  if (op.type === "merge") return inputs.flatMap((input) => sourcesIn(input, options));
  const base =
    (op.type === "file" || op.type === "exec") && op.base !== undefined ? inputs[op.base] : undefined;
  return base === undefined ? [] : sourcesIn(base, options);
}

async function packagesOf(
  { id, op, platform }: Vertex,
  { solution, plugins }: MaterialOptions,
  context: BuildContext,
): Promise<readonly SoftwarePackage[]> {
  if (op.type !== "source" || op.kind !== "plugin") return [];
  const plugin = plugins.get(op.plugin);
  const locked = solution.keys.get(id)?.inputs.locked;
  if (plugin?.packages === undefined || locked === undefined) return [];
  const reading = createSourceContext({ plugin: plugin.name, platform, context, log: undefined, id });
  return await plugin.packages(op.spec, JSON.parse(locked) as Json, reading);
}
