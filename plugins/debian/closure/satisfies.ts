import { versionMatches } from "../control/compare-versions.ts";
import type { Relation } from "../control/relations.ts";
import type { PackageRecord } from "../archive/package-record.ts";
import { providedBy } from "../archive/package-universe.ts";

/** What of a package decides whether it satisfies something. */
export type Satisfier = Pick<PackageRecord, "name" | "version" | "multiArch" | "provides">;

const versionFits = (version: string | undefined, relation: Relation): boolean =>
  relation.constraint === undefined ||
  (version !== undefined &&
    versionMatches(version, relation.constraint.operator, relation.constraint.version));

/**
 * Whether the architecture that a relation asks for is that of the package, in an image of one architecture:
 * `:any` is only for packages that allow it (Multi-Arch: allowed).
 */
function qualifierFits(relation: Relation, record: Satisfier, architecture: string): boolean {
  if (relation.qualifier === undefined) return true;
  if (relation.qualifier === "any") return record.multiArch === "allowed";
  return relation.qualifier === architecture;
}

/** Whether the package itself is what the relation names. */
export const isNamed = (record: Satisfier, relation: Relation, architecture: string): boolean =>
  record.name === relation.name &&
  versionFits(record.version, relation) &&
  qualifierFits(relation, record, architecture);

/** Whether the package provides what the relation names; a version is compared only where the provision has one (policy 7.5). */
export const isProvided = (record: Satisfier, relation: Relation): boolean =>
  record.provides !== "" &&
  (relation.qualifier === undefined || relation.qualifier === "any") &&
  providedBy(record).some(
    (given) => given.name === relation.name && versionFits(given.constraint?.version, relation),
  );

export const satisfies = (record: Satisfier, relation: Relation, architecture: string): boolean =>
  isNamed(record, relation, architecture) || isProvided(record, relation);
