import { TsdockError } from "tsdock/plugin";
import { parseParagraphs, words } from "../control/paragraphs.ts";

/** A file that a Release file vouches for. */
export interface ReleaseFile {
  readonly sha256: string;
  readonly size: number;
}

/** What a Release file says (wiki.debian.org/DebianRepository/Format). */
export interface Release {
  readonly origin: string;
  readonly suite: string;
  readonly codename: string;
  readonly date: Date;
  readonly validUntil: Date | undefined;
  readonly byHash: boolean;
  /** Packages of architecture `all` are listed in an index of their own. */
  readonly separateAll: boolean;
  readonly architectures: readonly string[];
  /** By path relative to the directory of the Release file. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

const invalid = (name: string, what: string): TsdockError =>
  new TsdockError("DEBIAN_INDEX_INVALID", `${name}: ${what}`, {
    hint: "try again later, or choose another mirror",
  });

function parseFiles(name: string, text: string | undefined): Map<string, ReleaseFile> {
  if (text === undefined) throw invalid(name, "it has no SHA256 section");
  const files = new Map<string, ReleaseFile>();
  for (const line of text.split("\n")) {
    const [sha256, size, path] = words(line);
    if (sha256 === undefined) continue;
    if (!/^[0-9a-f]{64}$/.test(sha256) || !/^\d+$/.test(size ?? "") || path === undefined) {
      throw invalid(name, `${JSON.stringify(line)} is not a checksum`);
    }
    files.set(path, { sha256, size: Number(size) });
  }
  return files;
}

function parseDate(name: string, field: string, text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw invalid(name, `${field} is not a date: ${JSON.stringify(text)}`);
  return date;
}

/** Reads a Release file whose signature was verified. `name` is for messages. Error `DEBIAN_INDEX_INVALID`. */
export function parseRelease(text: string, name: string): Release {
  const [fields] = parseParagraphs(text);
  if (fields === undefined) throw invalid(name, "it is empty");
  const date = fields.get("date");
  if (date === undefined) throw invalid(name, "it has no date");
  const validUntil = fields.get("valid-until");
  const architectures = words(fields.get("architectures"));
  return {
    origin: fields.get("origin") ?? "",
    suite: fields.get("suite") ?? "",
    codename: fields.get("codename") ?? "",
    date: parseDate(name, "Date", date),
    validUntil: validUntil === undefined ? undefined : parseDate(name, "Valid-Until", validUntil),
    byHash: fields.get("acquire-by-hash")?.toLowerCase() === "yes",
    separateAll:
      architectures.includes("all") &&
      !words(fields.get("no-support-for-architecture-all")).includes("Packages"),
    architectures,
    files: parseFiles(name, fields.get("sha256")),
  };
}
