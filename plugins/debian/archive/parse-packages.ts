import { TsdockError } from "tsdock/plugin";
import type { ArchiveKind, PackageRecord } from "./package-record.ts";

const wanted = new Set([
  "Package",
  "Version",
  "Architecture",
  "Essential",
  "Multi-Arch",
  "Priority",
  "Pre-Depends",
  "Depends",
  "Provides",
  "Conflicts",
  "Breaks",
  "Filename",
  "Size",
  "SHA256",
]);
/** The first characters of the names above: the rest of the lines is passed over without looking further. */
const firstCharacters = new Set([...wanted].map((name) => name.charCodeAt(0)));

const newline = 10;
const space = 32;

function toRecord(fields: ReadonlyMap<string, string>, archive: ArchiveKind, name: string): PackageRecord {
  const must = (field: string): string => {
    const value = fields.get(field);
    if (value !== undefined) return value;
    throw new TsdockError(
      "DEBIAN_INDEX_INVALID",
      `${name}: ${fields.get("Package") ?? "a package"} has no field ${field}`,
    );
  };
  const may = (field: string): string => fields.get(field) ?? "";
  const filename = must("Filename").replace(/^(?:\.\/)+/, "");
  if (filename.startsWith("/") || filename.split("/").includes("..")) {
    throw new TsdockError("DEBIAN_INDEX_INVALID", `${name}: ${JSON.stringify(filename)} leaves the mirror`);
  }
  const sha256 = must("SHA256");
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new TsdockError("DEBIAN_INDEX_INVALID", `${name}: ${must("Package")} has no usable SHA256`);
  }
  return {
    name: must("Package"),
    version: must("Version"),
    architecture: must("Architecture"),
    essential: may("Essential") === "yes",
    multiArch: may("Multi-Arch"),
    priority: may("Priority"),
    preDepends: may("Pre-Depends"),
    depends: may("Depends"),
    provides: may("Provides"),
    conflicts: may("Conflicts"),
    breaks: may("Breaks"),
    filename,
    size: Number(must("Size")),
    sha256,
    archive,
  };
}

/**
 * Reads a Packages index of some 50 MB in one pass over its lines, keeping only the fields that the solver needs.
 * `name` is for messages. Error `DEBIAN_INDEX_INVALID`.
 */
export function parsePackages(bytes: Uint8Array, archive: ArchiveKind, name: string): PackageRecord[] {
  // latin1: one byte per character and no decoding; every field that is kept is ASCII
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const records: PackageRecord[] = [];
  let fields = new Map<string, string>();
  let field = "";
  const finish = (): void => {
    if (fields.size > 0) records.push(toRecord(fields, archive, name));
    fields = new Map();
    field = "";
  };
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf("\n", start);
    const end = found === -1 ? text.length : found;
    const first = text.charCodeAt(start);
    if (first === newline) finish();
    else if (first === space) {
      if (field !== "") fields.set(field, `${fields.get(field) ?? ""} ${text.slice(start + 1, end)}`);
    } else {
      field = "";
      if (firstCharacters.has(first)) {
        const colon = text.indexOf(":", start);
        const key = text.slice(start, colon);
        if (wanted.has(key)) {
          field = key;
          fields.set(key, text.slice(colon + 1, end).trim());
        }
      }
    }
    start = end + 1;
  }
  finish();
  return records;
}
