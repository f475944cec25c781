import { readListing } from "../../build/file/entry-listing.ts";
import { formatPlace } from "../../errors/place.ts";
import type { Store } from "../../oci/store/store.ts";
import type { BuildRecord, KeptRecord, RecordedVertex } from "../build-record.ts";
import type { Cause } from "./cause.ts";
import { compareInputs, ofTrees } from "./compare-inputs.ts";
import { declarationCauses, versionCauses } from "./declaration-causes.ts";
import { chainOf, matchVertices } from "./match-vertices.ts";

/** A vertex that ran, or that differs, and why. */
export interface ExplainedVertex {
  readonly vertex: string;
  readonly name: string;
  readonly op: string;
  readonly platform: string;
  readonly images: readonly string[];
  /** `file:line:column`, null where it is not known. */
  readonly source: string | null;
  readonly outcome: RecordedVertex["outcome"];
  /** The build whose record it is compared with; null for a first build. */
  readonly comparedWith: string | null;
  readonly causes: readonly Cause[];
}

type Inputs = Readonly<Record<string, string>>;

interface ReadRecord {
  readonly kept: KeptRecord;
  /** By id of this build's vertices: those that they were then. */
  readonly pairs: ReadonlyMap<string, string>;
}

const isDone = ({ outcome }: RecordedVertex): boolean => outcome === "ran" || outcome === "cached";

/** Says why vertices of a build ran, from the records of earlier builds (newest first; read as far as is needed). */
export class Explainer {
  readonly #store: Store;
  readonly #build: KeptRecord;
  readonly #earlier: Iterator<KeptRecord>;
  readonly #read: ReadRecord[] = [];

  constructor(store: Store, build: KeptRecord, earlier: Iterable<KeptRecord>) {
    this.#store = store;
    this.#build = build;
    this.#earlier = earlier[Symbol.iterator]();
  }

  /** Everything that did not come from the cache, in the order of the definition; of one image, or of all. */
  ran(image?: string): readonly ExplainedVertex[] {
    return Object.entries(this.#build.record.vertices).flatMap(([id, vertex]) => {
      const concerned = image === undefined || vertex.images.includes(image);
      const tried = vertex.outcome === "ran" || vertex.outcome === "failed";
      return concerned && tried ? [this.#explain(id, vertex)] : [];
    });
  }

  /** What differs of an image between an earlier build and this one, whatever was in between. */
  since(earlier: KeptRecord, image: string): readonly ExplainedVertex[] {
    const pairs = matchVertices(earlier.record, this.#build.record);
    return Object.entries(this.#build.record.vertices).flatMap(([id, vertex]) => {
      if (!vertex.images.includes(image)) return [];
      const old = earlier.record.vertices[pairs.get(id) ?? ""];
      if (old === undefined) return [described(id, vertex, undefined, [{ type: "first" }])];
      if (old.key === vertex.key) return [];
      return [described(id, vertex, earlier, this.#compare(earlier.record, pairs, old, vertex))];
    });
  }

  #explain(id: string, vertex: RecordedVertex): ExplainedVertex {
    const asked: readonly Cause[] = vertex.miss === "fresh" ? [{ type: "no-cache" }] : [];
    const before = asked.length > 0 ? undefined : this.#withKey(vertex.key);
    if (before !== undefined) return described(id, vertex, before, [{ type: "evicted", build: before.id }]);
    const unfinished: Cause[] = [];
    for (const { kept, pairs } of this.#records()) {
      const old = kept.record.vertices[pairs.get(id) ?? ""];
      if (old === undefined) continue;
      if (!isDone(old)) {
        if (unfinished.length === 0 && old.key === vertex.key)
          unfinished.push({ type: "unfinished", build: kept.id });
        continue;
      }
      const causes = old.key === vertex.key ? [] : this.#compare(kept.record, pairs, old, vertex);
      return described(id, vertex, kept, [...asked, ...unfinished, ...causes]);
    }
    const first: readonly Cause[] = asked.length + unfinished.length > 0 ? [] : [{ type: "first" }];
    return described(id, vertex, undefined, [...asked, ...unfinished, ...first]);
  }

  #compare(
    before: BuildRecord,
    pairs: ReadonlyMap<string, string>,
    old: RecordedVertex,
    vertex: RecordedVertex,
  ): readonly Cause[] {
    const after = this.#build.record;
    const inputs = { before: this.#inputsOf(old), after: this.#inputsOf(vertex) };
    const known = inputs.before !== undefined && inputs.after !== undefined;
    const sides = { before: inputs.before ?? {}, after: inputs.after ?? {} };
    const differing = known
      ? compareInputs(sides.before, sides.after, vertex.name, (entries) =>
          readListing(this.#store.contexts, entries),
        )
      : [{ type: "forgotten" } as const];
    const causes = [
      ...differing,
      ...(vertex.op === "exec" || vertex.inputs.length > 0
        ? treeCauses(before, after, pairs, vertex, sides)
        : []),
      ...versionCauses(before.declarations, after.declarations),
      ...(old.declaration === vertex.declaration ? [] : declarationCauses(before, after, vertex, sides)),
    ];
    return causes.length > 0 ? causes : restOf(sides);
  }

  #inputsOf(vertex: RecordedVertex): Inputs | undefined {
    const { key } = vertex;
    if (vertex.keyInputs !== undefined || key === undefined) return vertex.keyInputs;
    const kept = this.#store.actions.get(key)?.inputs;
    if (kept !== undefined) return kept;
    for (const { kept: one } of this.#records()) {
      const same = Object.values(one.record.vertices).find((other) => other.key === key && other.keyInputs);
      if (same !== undefined) return same.keyInputs;
    }
    return undefined;
  }

  /** The nearest earlier build that had what this key gives. */
  #withKey(key: string | undefined): KeptRecord | undefined {
    if (key === undefined) return undefined;
    for (const { kept } of this.#records())
      if (Object.values(kept.record.vertices).some((one) => one.key === key && isDone(one))) return kept;
    return undefined;
  }

  *#records(): Generator<ReadRecord> {
    for (let index = 0; ; index++) {
      if (index === this.#read.length) {
        const next = this.#earlier.next();
        if (next.done === true) return;
        const kept = next.value;
        this.#read.push({ kept, pairs: matchVertices(kept.record, this.#build.record) });
      }
      const one = this.#read[index];
      if (one !== undefined) yield one;
    }
  }
}

/** Where the trees below begin to differ: for each input that is another, its lowest step that is. */
function treeCauses(
  before: BuildRecord,
  after: BuildRecord,
  pairs: ReadonlyMap<string, string>,
  vertex: RecordedVertex,
  inputs: { readonly before: Inputs; readonly after: Inputs },
): readonly Cause[] {
  const readsBase = vertex.op !== "file" || vertex.base === undefined;
  const differs = Object.keys(inputs.after).some((name) => inputs.before[name] !== inputs.after[name]);
  if (!differs) return [];
  return vertex.inputs.flatMap((input, index): readonly Cause[] => {
    // What a copy sees of its base shows in its entries.
    if (index === vertex.base && !readsBase) return [];
    const from = chainOf(input, after).find((id) => {
      const [old, one] = [before.vertices[pairs.get(id) ?? ""], after.vertices[id]];
      return one !== undefined && (old === undefined || givesOther(old, one));
    });
    const one = after.vertices[from ?? ""];
    if (from === undefined || one === undefined) return [];
    const source = one.site === undefined ? {} : { source: formatPlace(one.site) };
    return [{ type: "input", vertex: from, name: one.name, ...source }];
  });
}

/** Layers say it where there are any; what makes none is what its key says. */
const givesOther = (old: RecordedVertex, one: RecordedVertex): boolean =>
  old.layer === undefined && one.layer === undefined ? old.key !== one.key : old.layer !== one.layer;

const restOf = ({ before, after }: { readonly before: Inputs; readonly after: Inputs }): readonly Cause[] =>
  [...ofTrees].flatMap((name): readonly Cause[] => {
    const [from, to] = [before[name], after[name]];
    return from === to || from === undefined || to === undefined
      ? []
      : [{ type: "input-value", name, from, to }];
  });

function described(
  id: string,
  { name, op, platform, images, site, outcome }: RecordedVertex,
  comparedWith: KeptRecord | undefined,
  causes: readonly Cause[],
): ExplainedVertex {
  const source = site === undefined ? null : formatPlace(site);
  const what = { vertex: id, name, op, platform, images, source, outcome };
  return { ...what, comparedWith: comparedWith?.id ?? null, causes };
}
