import { type Json, TsdockError } from "tsdock/plugin";
import type { ArchiveKind, PackageRecord } from "./archive/package-record.ts";

/** One package as `tsdock.lock` holds it. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Relative to the root of a mirror: no host. */
  readonly file: string;
  readonly sha256: string;
  /** Bytes of the .deb. */
  readonly size: number;
  /** Absent for the suite itself. */
  readonly archive?: "updates" | "security";
  /** Part of the essential base: its layers are shared by images with the same base. */
  readonly base?: true;
}

/** A debian() source as `tsdock.lock` holds it. */
export interface DebianLock {
  /** The suite's codename. */
  readonly suite: string;
  readonly arch: string;
  /** The date of the suite's index, ISO 8601. */
  readonly date: string;
  /** By name. */
  readonly packages: readonly LockedPackage[];
}

export const toLocked = (record: PackageRecord, base: boolean): LockedPackage => ({
  name: record.name,
  version: record.version,
  file: record.filename,
  sha256: record.sha256,
  size: record.size,
  ...(record.archive === "release" ? {} : { archive: record.archive }),
  ...(base ? { base: true } : {}),
});

export const archiveOf = (locked: LockedPackage): ArchiveKind => locked.archive ?? "release";

const invalid = (what: string): TsdockError =>
  new TsdockError("DEBIAN_LOCK_INVALID", `a lock entry of debian() ${what}`, {
    hint: "write it again: tsdock lock --update",
  });

type Members = { readonly [key: string]: Json };
const isObject = (value: Json | undefined): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function text(members: Members, key: string, pattern: RegExp): string {
  const value = members[key];
  if (typeof value === "string" && pattern.test(value)) return value;
  throw invalid(`has no usable ${key}`);
}

function readPackage(value: Json): LockedPackage {
  if (!isObject(value)) throw invalid("has something else than packages in its list");
  const { size, archive, base } = value;
  if (typeof size !== "number") throw invalid("has a package without a size");
  if (archive !== undefined && archive !== "updates" && archive !== "security")
    throw invalid("names an archive that is not known");
  return {
    name: text(value, "name", /^[a-z0-9][a-z0-9+.-]*$/),
    version: text(value, "version", /^[^\s]+$/),
    file: text(value, "file", /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))\S+$/),
    sha256: text(value, "sha256", /^[0-9a-f]{64}$/),
    size,
    ...(archive === undefined ? {} : { archive }),
    ...(base === true ? { base } : {}),
  };
}

/** Checks a lock entry, which people may edit. Error `DEBIAN_LOCK_INVALID`. */
export function readLock(value: Json): DebianLock {
  if (!isObject(value) || !Array.isArray(value.packages)) throw invalid("is not what debian() writes");
  return {
    suite: text(value, "suite", /^[a-z0-9.-]+$/),
    arch: text(value, "arch", /^[a-z0-9-]+$/),
    date: text(value, "date", /^\d{4}-/),
    packages: (value.packages as readonly Json[]).map(readPackage),
  };
}
