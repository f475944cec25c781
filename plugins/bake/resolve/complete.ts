import { invalid, type Spot } from "../hcl/source.ts";
import {
  emptyValues,
  type Given,
  mergeValues,
  type ResolvedBuilds,
  type ResolvedGroup,
  type ResolvedTarget,
  type TargetValues,
} from "./model.ts";

/** A target as one place defines it; several may have one name. */
export interface Definition {
  readonly name: string;
  readonly spot: Spot;
  readonly comments: readonly string[];
  readonly values: TargetValues;
  readonly inherits: readonly Given<string>[];
}

export interface GroupDefinition {
  readonly name: string;
  readonly spot: Spot;
  readonly comments: readonly string[];
  readonly targets: readonly Given<string>[];
}

/** Definitions of one name as one, what is inherited before it. */
export function completeTargets(
  definitions: readonly Definition[],
): Pick<ResolvedBuilds, "targets" | "templates"> {
  const merged = new Map<string, Definition>();
  for (const one of definitions) {
    const before = merged.get(one.name);
    merged.set(one.name, before === undefined ? one : together(before, one));
  }
  const done = new Map<string, TargetValues>();
  const targets = [...merged.values()].map(({ name, spot, comments }): ResolvedTarget => {
    const values = inherited(name, spot, { merged, done, waiting: [] });
    return { name, spot, comments, values };
  });
  const parents = new Set([...merged.values()].flatMap(({ inherits }) => inherits.map(({ value }) => value)));
  return {
    targets,
    templates: [...merged.keys()].filter((name) => parents.has(name) || name.startsWith("_")),
  };
}

const together = (a: Definition, b: Definition): Definition => ({
  ...a,
  comments: [...a.comments, ...b.comments],
  values: mergeValues(a.values, b.values),
  inherits: [...a.inherits, ...b.inherits],
});

interface Progress {
  readonly merged: ReadonlyMap<string, Definition>;
  readonly done: Map<string, TargetValues>;
  readonly waiting: readonly string[];
}

function inherited(name: string, spot: Spot, progress: Progress): TargetValues {
  const { merged, done, waiting } = progress;
  const known = done.get(name);
  if (known !== undefined) return known;
  const own = merged.get(name);
  if (own === undefined)
    throw invalid(
      `there is no target ${name}`,
      spot,
      `there are ${[...merged.keys()].slice(0, 20).join(", ")}`,
    );
  if (waiting.includes(name))
    throw invalid(
      `a target inherits from itself: ${[...waiting.slice(waiting.indexOf(name)), name].join(" → ")}`,
      spot,
    );
  if (waiting.length > 200) throw invalid("targets inherit from one another over more than 200 steps", spot);
  const base = own.inherits.reduce<TargetValues>(
    (values, parent) =>
      mergeValues(values, inherited(parent.value, parent.spot, { ...progress, waiting: [...waiting, name] })),
    emptyValues,
  );
  const values = mergeValues(base, own.values);
  done.set(name, values);
  return values;
}

/** Groups with the targets that they have in the end. */
export function completeGroups(
  definitions: readonly GroupDefinition[],
  targets: ReadonlySet<string>,
): readonly ResolvedGroup[] {
  const merged = new Map<string, GroupDefinition>();
  for (const one of definitions) {
    const before = merged.get(one.name);
    merged.set(one.name, before === undefined ? one : { ...before, targets: one.targets });
  }
  const done = new Map<string, readonly string[]>();
  return [...merged.values()].map(({ name, spot, comments }) => ({
    name,
    spot,
    comments,
    targets: members(name, { merged, targets, done, waiting: [] }),
  }));
}

interface GroupProgress {
  readonly merged: ReadonlyMap<string, GroupDefinition>;
  readonly targets: ReadonlySet<string>;
  readonly done: Map<string, readonly string[]>;
  readonly waiting: readonly string[];
}

function members(name: string, progress: GroupProgress): readonly string[] {
  const { merged, targets, done, waiting } = progress;
  const known = done.get(name);
  if (known !== undefined) return known;
  const found = (merged.get(name)?.targets ?? []).flatMap(({ value, spot }) => {
    if (value === name || waiting.includes(value))
      throw invalid(`a group holds itself: ${[...waiting, name, value].join(" → ")}`, spot);
    if (merged.has(value)) return members(value, { ...progress, waiting: [...waiting, name] });
    if (!targets.has(value)) throw invalid(`there is no target or group ${value}`, spot);
    return [value];
  });
  const all = [...new Set(found)];
  done.set(name, all);
  return all;
}
