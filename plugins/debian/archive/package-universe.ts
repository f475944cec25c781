import { compareVersions } from "../control/compare-versions.ts";
import { parseRelations, type Relation } from "../control/relations.ts";
import type { PackageRecord } from "./package-record.ts";

/** A package that provides a name, with the version that it provides it in. */
export interface Provider {
  readonly record: PackageRecord;
  readonly version: string | undefined;
}

/** All that can be chosen: of every name the newest version, and who provides which name. */
export interface PackageUniverse {
  readonly architecture: string;
  /** Newest first. */
  versions(name: string): readonly PackageRecord[];
  newest(name: string): PackageRecord | undefined;
  /** The newest packages that provide `name`, best first. */
  providers(name: string): readonly Provider[];
  /** By name. */
  readonly essential: readonly PackageRecord[];
}

const priorities = ["required", "important", "standard", "optional", "extra"];
const priorityOf = (record: PackageRecord): number => {
  const found = priorities.indexOf(record.priority);
  return found === -1 ? priorities.length : found;
};
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A deterministic choice among packages that provide the same: essential, then priority, then name. */
const byPreference = (a: Provider, b: Provider): number =>
  Number(b.record.essential) - Number(a.record.essential) ||
  priorityOf(a.record) - priorityOf(b.record) ||
  byText(a.record.name, b.record.name);

/** Provided names with their versions. */
export const providedBy = (record: Pick<PackageRecord, "provides">): readonly Relation[] =>
  record.provides === "" ? [] : parseRelations(record.provides).flat();

/** Records of one architecture and `all`, in the order of their archives: of equal versions the first counts. */
export function packageUniverse(architecture: string, records: Iterable<PackageRecord>): PackageUniverse {
  const byName = new Map<string, PackageRecord[]>();
  for (const record of records) {
    if (record.architecture !== architecture && record.architecture !== "all") continue;
    const same = byName.get(record.name);
    if (same === undefined) byName.set(record.name, [record]);
    else if (!same.some((other) => other.version === record.version)) same.push(record);
  }
  const provided = new Map<string, Provider[]>();
  const essential: PackageRecord[] = [];
  for (const same of byName.values()) {
    if (same.length > 1) same.sort((a, b) => compareVersions(b.version, a.version));
    const [newest] = same;
    if (newest === undefined) continue;
    if (newest.essential) essential.push(newest);
    for (const relation of providedBy(newest)) {
      const provider = { record: newest, version: relation.constraint?.version };
      const others = provided.get(relation.name);
      if (others === undefined) provided.set(relation.name, [provider]);
      else others.push(provider);
    }
  }
  for (const providers of provided.values()) providers.sort(byPreference);
  essential.sort((a, b) => byText(a.name, b.name));
  return {
    architecture,
    versions: (name) => byName.get(name) ?? [],
    newest: (name) => byName.get(name)?.[0],
    providers: (name) => provided.get(name) ?? [],
    essential,
  };
}
