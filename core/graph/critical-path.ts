import type { Definition, VertexId } from "./definition.ts";

/**
 * For each vertex, the weight of the longest way from it to the end of the work, itself included: what has the most is begun first.
 * @param weightOf expected cost, such as the milliseconds of the last time; 1 where nothing is known
 */
export function criticalPath(
  definition: Pick<Definition, "vertices">,
  weightOf: (id: VertexId) => number = () => 1,
): ReadonlyMap<VertexId, number> {
  const lengths = new Map<VertexId, number>();
  // Inputs come first, so that backwards every user is settled before what it uses.
  for (const [id, { inputs }] of [...definition.vertices].reverse()) {
    const length = (lengths.get(id) ?? 0) + weightOf(id);
    lengths.set(id, length);
    for (const input of inputs) lengths.set(input, Math.max(lengths.get(input) ?? 0, length));
  }
  return lengths;
}
