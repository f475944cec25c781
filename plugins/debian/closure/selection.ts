import { formatRelation, parseRelations, type Relation, type RelationGroup } from "../control/relations.ts";
import type { PackageRecord } from "../archive/package-record.ts";
import { type PackageUniverse, providedBy } from "../archive/package-universe.ts";
import { isNamed, satisfies } from "./satisfies.ts";

/** Why a package is there: the package that needs it and what it wrote; undefined where it was asked for. */
export interface Reason {
  readonly by: string;
  readonly relation: string;
}

/** A dependency that nothing chosen satisfies yet. */
export interface OpenGroup {
  readonly by: string;
  readonly group: RelationGroup;
}

interface Conflict {
  readonly by: PackageRecord;
  readonly field: "Conflicts" | "Breaks";
  readonly relation: Relation;
}

const relationsOf = (record: PackageRecord): RelationGroup[] => [
  ...parseRelations(record.preDepends),
  ...parseRelations(record.depends),
];

/** A growing set of packages that do not exclude one another. */
export class Selection {
  readonly #universe: PackageUniverse;
  readonly chosen: Map<string, PackageRecord>;
  readonly reasons: Map<string, Reason | undefined>;
  /** Names that are there: packages and what they provide. */
  readonly #present: Map<string, readonly PackageRecord[]>;
  readonly #conflicts: Map<string, readonly Conflict[]>;
  /** Groups still to be looked at. */
  open: OpenGroup[];

  constructor(universe: PackageUniverse, from?: Selection) {
    this.#universe = universe;
    this.chosen = new Map(from?.chosen);
    this.reasons = new Map(from?.reasons);
    this.#present = new Map(from === undefined ? undefined : from.#present);
    this.#conflicts = new Map(from === undefined ? undefined : from.#conflicts);
    this.open = [...(from?.open ?? [])];
  }

  clone(): Selection {
    return new Selection(this.#universe, this);
  }

  satisfied(group: RelationGroup): boolean {
    return group.some((relation) =>
      (this.#present.get(relation.name) ?? []).some((record) =>
        satisfies(record, relation, this.#universe.architecture),
      ),
    );
  }

  /** What stands against adding the package; undefined where nothing does. */
  obstacle(record: PackageRecord): string | undefined {
    const other = this.chosen.get(record.name);
    if (other !== undefined && other !== record) return `${other.name} ${other.version} is chosen already`;
    for (const name of namesOf(record)) {
      for (const conflict of this.#conflicts.get(name) ?? []) {
        if (this.#excludes(conflict.by, conflict.relation, record)) return describe(conflict, record);
      }
    }
    for (const conflict of conflictsOf(record)) {
      for (const present of this.#present.get(conflict.relation.name) ?? []) {
        if (this.#excludes(record, conflict.relation, present)) return describe(conflict, present);
      }
    }
    return undefined;
  }

  add(record: PackageRecord, reason: Reason | undefined): void {
    this.chosen.set(record.name, record);
    this.reasons.set(record.name, reason);
    for (const name of namesOf(record)) this.#present.set(name, [...(this.#present.get(name) ?? []), record]);
    for (const conflict of conflictsOf(record)) {
      const { name } = conflict.relation;
      this.#conflicts.set(name, [...(this.#conflicts.get(name) ?? []), conflict]);
    }
    this.open.push(...relationsOf(record).map((group) => ({ by: record.name, group })));
  }

  /** Who needs whom, from what was asked for down to `name`. */
  chain(name: string): string[] {
    const lines: string[] = [];
    const seen = new Set<string>();
    for (let current = name; !seen.has(current); ) {
      seen.add(current);
      const reason = this.reasons.get(current);
      if (reason === undefined) return [`${current} was asked for`, ...lines];
      lines.unshift(`${reason.by} needs ${reason.relation}`);
      current = reason.by;
    }
    return lines;
  }

  /** A package never excludes itself, as with what it provides and conflicts with at once. */
  #excludes(by: PackageRecord, relation: Relation, record: PackageRecord): boolean {
    return by.name !== record.name && satisfies(record, relation, this.#universe.architecture);
  }
}

const namesOf = (record: PackageRecord): Set<string> =>
  new Set([record.name, ...providedBy(record).map(({ name }) => name)]);

const conflictsOf = (record: PackageRecord): Conflict[] => [
  ...parseRelations(record.conflicts)
    .flat()
    .map((relation): Conflict => ({ by: record, field: "Conflicts", relation })),
  ...parseRelations(record.breaks)
    .flat()
    .map((relation): Conflict => ({ by: record, field: "Breaks", relation })),
];

const describe = (conflict: Conflict, record: PackageRecord): string =>
  `${conflict.by.name} ${conflict.field === "Breaks" ? "breaks" : "conflicts with"} ${formatRelation(conflict.relation)}, which is ${record.name} ${record.version}`;

/**
 * The package that says that /bin, /lib and /sbin are links already, which they are in every image here; its
 * alternative, usrmerge, is a program that would make them so. As debootstrap prefers it.
 */
const mergedMarker = "usr-is-merged";

/** Packages that could satisfy a group, best first: alternatives in their order, the package itself before who provides it. */
export function candidatesFor(
  group: RelationGroup,
  universe: PackageUniverse,
): { record: PackageRecord; relation: Relation }[] {
  const found = new Map<PackageRecord, Relation>();
  for (const relation of group) {
    for (const record of universe.versions(relation.name)) {
      if (!found.has(record) && isNamed(record, relation, universe.architecture)) found.set(record, relation);
    }
    for (const { record } of universe.providers(relation.name)) {
      if (!found.has(record) && satisfies(record, relation, universe.architecture))
        found.set(record, relation);
    }
  }
  return [...found]
    .map(([record, relation]) => ({ record, relation }))
    .sort((a, b) => Number(b.record.name === mergedMarker) - Number(a.record.name === mergedMarker));
}
