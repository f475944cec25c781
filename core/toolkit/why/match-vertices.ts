import type { BuildRecord, RecordedVertex } from "../build-record.ts";

type Graph = Pick<BuildRecord, "vertices" | "tops">;

/**
 * Which vertex of an earlier build stands in the same place as which of a later one: by later id. Vertices that are the same
 * are paired first; between them those of one operation, in order, from the base upwards.
 */
export function matchVertices(before: Graph, after: Graph): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const id of Object.keys(after.vertices)) if (before.vertices[id] !== undefined) pairs.set(id, id);
  for (const [image, tops] of Object.entries(after.tops)) {
    for (const [platform, top] of Object.entries(tops)) {
      const old = before.tops[image]?.[platform];
      if (old !== undefined) matchChains(old, top, before, after, pairs, new Set());
    }
  }
  return pairs;
}

function matchChains(
  oldTop: string,
  newTop: string,
  before: Graph,
  after: Graph,
  pairs: Map<string, string>,
  seen: Set<string>,
): void {
  const mark = `${oldTop} ${newTop}`;
  if (oldTop === newTop || seen.has(mark)) return;
  seen.add(mark);
  const [olds, news] = [chainOf(oldTop, before), chainOf(newTop, after)];
  for (const [old, one] of align(olds, news, before, after)) {
    if (!pairs.has(one)) pairs.set(one, old);
    const [a, b] = [before.vertices[old], after.vertices[one]];
    for (const [index, input] of otherInputs(b).entries()) {
      const counterpart = otherInputs(a)[index];
      if (counterpart !== undefined) matchChains(counterpart, input, before, after, pairs, seen);
    }
  }
}

/** From the base to the top. */
export function chainOf(top: string, { vertices }: Pick<Graph, "vertices">): readonly string[] {
  const chain: string[] = [];
  for (let id: string | undefined = top; id !== undefined; ) {
    chain.push(id);
    const vertex: RecordedVertex | undefined = vertices[id];
    id = vertex?.base === undefined ? undefined : vertex.inputs[vertex.base];
  }
  return chain.reverse();
}

const otherInputs = (vertex: RecordedVertex | undefined): readonly string[] =>
  (vertex?.inputs ?? []).filter((_, index) => index !== vertex?.base);

/** The longest common run of steps by declaration, else by what a person reads; what is left between pairs up by operation. */
function align(
  olds: readonly string[],
  news: readonly string[],
  before: Graph,
  after: Graph,
): readonly (readonly [old: string, one: string])[] {
  const isSame = (old: string, one: string): boolean => {
    const [a, b] = [before.vertices[old], after.vertices[one]];
    return a !== undefined && b !== undefined && a.op === b.op && likeness(a, b);
  };
  const anchors = [...commonRun(olds, news, isSame), [olds.length, news.length] as const];
  const result: (readonly [string, string])[] = [];
  let [i, j] = [0, 0];
  for (const [oldIndex, newIndex] of anchors) {
    result.push(...pairByOperation(olds.slice(i, oldIndex), news.slice(j, newIndex), before, after));
    const [old, one] = [olds[oldIndex], news[newIndex]];
    if (old !== undefined && one !== undefined) result.push([old, one]);
    [i, j] = [oldIndex + 1, newIndex + 1];
  }
  return result;
}

const likeness = (a: RecordedVertex, b: RecordedVertex): boolean =>
  a.declaration === b.declaration || a.name === b.name;

function pairByOperation(
  olds: readonly string[],
  news: readonly string[],
  before: Graph,
  after: Graph,
): readonly (readonly [string, string])[] {
  const left = [...olds];
  return news.flatMap((one): readonly (readonly [string, string])[] => {
    const op = after.vertices[one]?.op;
    const index = left.findIndex((old) => before.vertices[old]?.op === op);
    const old = left[index];
    if (old === undefined) return [];
    left.splice(0, index + 1);
    return [[old, one]];
  });
}

/** Indices of a longest common subsequence. */
function commonRun(
  a: readonly string[],
  b: readonly string[],
  isSame: (x: string, y: string) => boolean,
): readonly (readonly [number, number])[] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] = isSame(a[i] ?? "", b[j] ?? "")
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1));
  const run: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (isSame(a[i] ?? "", b[j] ?? "")) run.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return run;
}
