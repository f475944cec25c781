/** Where a package comes from: the suite itself, its updates, or its security updates. */
export type ArchiveKind = "release" | "updates" | "security";

/** What the solver and the lock need of one package of an index. Relationship fields are read when they are asked for. */
export interface PackageRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly essential: boolean;
  readonly multiArch: string;
  readonly priority: string;
  readonly preDepends: string;
  readonly depends: string;
  readonly provides: string;
  readonly conflicts: string;
  readonly breaks: string;
  /** Relative to the archive's root. */
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly archive: ArchiveKind;
}
