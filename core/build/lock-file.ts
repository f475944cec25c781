import fs from "node:fs";
import path from "node:path";
import type { Place } from "../errors/place.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { type Digest, isDigest } from "../oci/spec/digest.ts";
import type { Json } from "../util/json.ts";
import { isCommit } from "./git-source.ts";
import type { LockedReferences } from "./locked-references.ts";

export const lockFileName = "tsdock.lock";

/** `tsdock.lock`: what names that move stood for when it was written. Sorted, so that differences are small. */
export interface LockContent {
  readonly version: 1;
  /** Reference as written → digest of its index or manifest. */
  readonly images: Readonly<Record<string, Digest>>;
  /** `REPOSITORY#REF` as written → commit. Left out of the file where it is empty. */
  readonly git: Readonly<Record<string, string>>;
  /** Plugin → name of the entry → what the plugin settled. */
  readonly plugins: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

export const emptyLock: LockContent = { version: 1, images: {}, git: {}, plugins: {} };

/** Reads `tsdock.lock` of a workspace; one that does not exist is empty. Error `LOCK_INVALID`. */
export function readLock(workspace: string): LockContent {
  const file = path.join(workspace, lockFileName);
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return emptyLock;
    throw invalid(file, (error as Error).message);
  }
  return parseLock(file, text);
}

/** The same of a text that the file had. */
export function parseLock(file: string, text: string): LockContent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notJson(file, text, error as Error);
  }
  return validate(value, file, text);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function validate(value: unknown, file: string, text: string): LockContent {
  if (!isRecord(value)) throw invalid(file, "it is no JSON object");
  if (value["version"] !== 1)
    throw invalid(file, `its version is ${String(value["version"])}, and this tsdock reads version 1`);
  const { version: _, images = {}, git = {}, plugins = {}, ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const reason = `it has ${JSON.stringify(unknown)}, which this tsdock does not know`;
    throw invalid(
      file,
      reason,
      keyPlace(text, unknown),
      "another version of tsdock may have written it: use that one, or remove the file and run tsdock lock",
    );
  }
  if (!isRecord(images) || !isRecord(git) || !isRecord(plugins))
    throw invalid(file, "`images`, `git` and `plugins` must be objects");
  for (const [reference, digest] of Object.entries(images)) {
    if (typeof digest !== "string" || !isDigest(digest))
      throw invalid(file, `${reference} is pinned to what is no digest`, keyPlace(text, reference));
  }
  for (const [entry, commit] of Object.entries(git)) {
    if (typeof commit !== "string" || !isCommit(commit))
      throw invalid(file, `${entry} is pinned to what is no commit`, keyPlace(text, entry));
  }
  for (const [plugin, entries] of Object.entries(plugins)) {
    if (!isRecord(entries)) throw invalid(file, `the entries of ${plugin} are no object`);
  }
  return { version: 1, images, git, plugins } as LockContent;
}

type TextPlace = Pick<Place, "line" | "column">;

const invalid = (
  file: string,
  reason: string,
  at: TextPlace = { line: 1, column: 1 },
  hint = "restore it from version control, or remove it and run tsdock lock",
): TsdockError =>
  new TsdockError("LOCK_INVALID", `${lockFileName} cannot be read: ${reason}`, {
    place: { file, ...at },
    hint,
  });

function notJson(file: string, text: string, { message }: Error): TsdockError {
  const marker = /^(?:<{7}|={7}|>{7})(?: |$)/m.exec(text)?.index;
  if (marker !== undefined) return invalid(file, "it has an unresolved merge", placeIn(text, marker));
  // V8 says the position of most mistakes, and quotes the text around the others.
  const position = / at position (\d+)/.exec(message)?.[1];
  const quoted = /, (?:\.\.\.)?"([\s\S]*?)(?:"\.\.\.)? is not valid JSON$/.exec(message);
  const what = message.replace(/, (?:\.\.\.)?"[\s\S]*$/, "").replace(/ in JSON at position \d+[\s\S]*$/, "");
  if (position !== undefined) return invalid(file, what, placeIn(text, Number(position)));
  return invalid(
    file,
    what,
    quoted === null ? undefined : placeIn(text, Math.max(0, text.indexOf(quoted[1] ?? ""))),
  );
}

function placeIn(text: string, offset: number): TextPlace {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

const keyPlace = (text: string, key: string): TextPlace =>
  placeIn(text, Math.max(0, text.indexOf(JSON.stringify(key))));

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

export function formatLock(lock: LockContent): string {
  const plugins = sorted(
    Object.fromEntries(Object.entries(lock.plugins).map(([name, entries]) => [name, sorted(entries)])),
  );
  const git = Object.keys(lock.git).length === 0 ? {} : { git: sorted(lock.git) };
  return `${JSON.stringify({ version: 1, images: sorted(lock.images), ...git, plugins }, undefined, 2)}\n`;
}

/** Writes it whole or not at all. */
export function writeLock(workspace: string, lock: LockContent): void {
  const file = path.join(workspace, lockFileName);
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, formatLock(lock));
  fs.renameSync(temporary, file);
}

/** Names are what authors write: `constructor` may be one. */
const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** The lock as a build sees it. */
export const lockedReferences = (lock: LockContent, strict: boolean): LockedReferences => ({
  strict,
  resolved: new Set(),
  imageDigest: (reference) => own(lock.images, reference),
  gitCommit: (entry) => own(lock.git, entry),
  pluginEntry: (plugin, key) => own(own(lock.plugins, plugin) ?? {}, key),
});
