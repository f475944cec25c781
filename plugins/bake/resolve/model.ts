import type { Spot } from "../hcl/source.ts";
import type { HclValue } from "../hcl/syntax.ts";

/** How the values of an attribute come together when several definitions of a target do. */
export type Kind = "text" | "flag" | "map" | "replaced" | "appended";

/** Every attribute of a target, by bake's name of it. */
export const attributeKinds = {
  context: "text",
  dockerfile: "text",
  "dockerfile-inline": "text",
  target: "text",
  network: "text",
  "shm-size": "text",
  call: "text",
  description: "text",
  "no-cache": "flag",
  pull: "flag",
  args: "map",
  contexts: "map",
  labels: "map",
  "extra-hosts": "map",
  tags: "replaced",
  platforms: "replaced",
  output: "replaced",
  "cache-to": "replaced",
  "no-cache-filter": "replaced",
  annotations: "appended",
  attest: "appended",
  secret: "appended",
  ssh: "appended",
  "cache-from": "appended",
  ulimits: "appended",
  entitlements: "appended",
  // What only compose files say.
  isolation: "text",
  privileged: "flag",
} as const satisfies Readonly<Record<string, Kind>>;

export type AttributeName = keyof typeof attributeKinds;

export interface Given<Value> {
  readonly value: Value;
  readonly spot: Spot;
}

/** What is said of a target. Entries of maps have their own spots. */
export interface TargetValues {
  readonly texts: ReadonlyMap<AttributeName, Given<string>>;
  readonly flags: ReadonlyMap<AttributeName, Given<boolean>>;
  readonly maps: ReadonlyMap<AttributeName, ReadonlyMap<string, Given<string>>>;
  readonly lists: ReadonlyMap<AttributeName, readonly Given<string>[]>;
}

/** A target that is ready to be built. */
export interface ResolvedTarget {
  readonly name: string;
  readonly spot: Spot;
  /** Comments before its block. */
  readonly comments: readonly string[];
  readonly values: TargetValues;
}

export interface ResolvedGroup {
  readonly name: string;
  readonly spot: Spot;
  readonly comments: readonly string[];
  /** Names of targets, those of inner groups among them, each once. */
  readonly targets: readonly string[];
}

/** What files that declare several builds say. */
export interface ResolvedBuilds {
  readonly targets: readonly ResolvedTarget[];
  readonly groups: readonly ResolvedGroup[];
  /** Targets that others inherit from and that are nothing by themselves. */
  readonly templates: readonly string[];
  /** Variables whose values are settled now, with them. */
  readonly variables: ReadonlyMap<string, HclValue>;
  /** Variables that nobody sets: empty. */
  readonly unset: readonly string[];
}

export const emptyValues: TargetValues = {
  texts: new Map(),
  flags: new Map(),
  maps: new Map(),
  lists: new Map(),
};

/** What `over` says comes before what `under` says. */
export function mergeValues(under: TargetValues, over: TargetValues): TargetValues {
  const maps = new Map(under.maps);
  for (const [name, entries] of over.maps) maps.set(name, new Map([...(maps.get(name) ?? []), ...entries]));
  const lists = new Map(under.lists);
  for (const [name, items] of over.lists) {
    const before = attributeKinds[name] === "appended" ? (lists.get(name) ?? []) : [];
    lists.set(name, withoutCopies([...before, ...items], name === "attest" ? attestationType : valueOf));
  }
  return {
    texts: new Map([...under.texts, ...over.texts]),
    flags: new Map([...under.flags, ...over.flags]),
    maps,
    lists,
  };
}

const valueOf = ({ value }: Given<string>): string => value;

/** An attestation has one form: what is said of its type last. */
const attestationType = ({ value }: Given<string>): string => /(?:^|,)type=([^,]*)/.exec(value)?.[1] ?? value;

/** Each at the place of the first of its key, as the last says it. */
const withoutCopies = (
  items: readonly Given<string>[],
  key: (item: Given<string>) => string,
): readonly Given<string>[] => [...new Map(items.map((item) => [key(item), item] as const)).values()];

export const textOf = ({ texts }: TargetValues, name: AttributeName): string | undefined =>
  texts.get(name)?.value;
export const listOf = ({ lists }: TargetValues, name: AttributeName): readonly Given<string>[] =>
  lists.get(name) ?? [];
export const mapOf = ({ maps }: TargetValues, name: AttributeName): ReadonlyMap<string, Given<string>> =>
  maps.get(name) ?? new Map();
