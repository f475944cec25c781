import { type ByteString, type FileEntry, TsdockError } from "tsdock/plugin";
import { type PatchedFile, type PatchHunk, parsePatch, PatchSyntaxError } from "./parse-patch.ts";

/** Lines may have moved by as many as this since the patch was made. */
const farthest = 20;

export interface Patch {
  /** Absolute: for places. */
  readonly file: string;
  readonly content: Uint8Array;
}

/**
 * The files of a package with a patch applied, as pnpm and yarn do it: every line that is kept or removed must be there.
 * Error `NODE_PATCH_FAILED`.
 */
export function applyPatch(
  files: ReadonlyMap<ByteString, FileEntry>,
  patch: Patch,
  title: string,
): ReadonlyMap<ByteString, FileEntry> {
  const result = new Map(files);
  for (const one of changesOf(patch)) {
    const { from, to, executable } = one;
    for (const path of [from, to]) if (path !== undefined) checkPath(path, patch);
    const old = from === undefined ? undefined : result.get(from);
    if (from !== undefined && old === undefined) throw failed(patch, `${title} has no file ${from}`);
    const text = old === undefined ? "" : textOf(old);
    const patched = one.hunks.length === 0 ? text : applyHunks(text, one, patch, title);
    if (from !== undefined && from !== to) result.delete(from);
    if (to === undefined) continue;
    const content = Buffer.from(patched, "latin1");
    const mode = executable === undefined ? (old?.mode ?? 0o644) : executable ? 0o755 : 0o644;
    result.set(to, { type: "file", path: to, mode, uid: 0, gid: 0, mtime: 0, size: content.length, content });
  }
  return result;
}

function changesOf(patch: Patch): readonly PatchedFile[] {
  try {
    return parsePatch(Buffer.from(patch.content).toString("latin1"));
  } catch (error) {
    if (!(error instanceof PatchSyntaxError)) throw error;
    throw new TsdockError("NODE_PATCH_FAILED", error.message, {
      place: { file: patch.file, line: error.line, column: 1 },
      hint: "make the patch again with the package manager's patch command",
    });
  }
}

const textOf = ({ content }: FileEntry): string =>
  content instanceof Uint8Array ? Buffer.from(content).toString("latin1") : "";

function checkPath(path: string, patch: Patch): void {
  if (path === "" || path.startsWith("/") || path.split("/").some((part) => part === ".." || part === ""))
    throw failed(patch, `${JSON.stringify(path)} leads out of the package`);
}

const failed = (patch: Patch, message: string): TsdockError =>
  new TsdockError("NODE_PATCH_FAILED", message, {
    place: { file: patch.file, line: 1, column: 1 },
    hint: "make the patch again with the package manager's patch command",
  });

/** Lines with their ends. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function applyHunks(text: string, { from, to, hunks }: PatchedFile, patch: Patch, title: string): string {
  const lines = linesOf(text);
  const result: string[] = [];
  let at = 0;
  for (const hunk of hunks) {
    const old = hunk.lines.filter(({ kind }) => kind !== "+").map((line) => line.text);
    const place = find(lines, old, Math.max(0, hunk.start - 1), at);
    if (place === undefined)
      throw failed(patch, `the change at line ${hunk.start} of ${from ?? to ?? ""} does not fit ${title}`);
    result.push(...lines.slice(at, place), ...changed(hunk, lines, place));
    at = place + old.length;
  }
  return [...result, ...lines.slice(at)].join("");
}

/** What a hunk leaves: kept lines as the file has them. */
function changed(hunk: PatchHunk, lines: readonly string[], place: number): string[] {
  let at = place;
  return hunk.lines.flatMap(({ kind, text }) => {
    if (kind === "+") return [text];
    const line = lines[at++] ?? "";
    return kind === " " ? [line] : [];
  });
}

/** Where lines are: as near to the expected place as possible, never before `from`. */
function find(
  lines: readonly string[],
  wanted: readonly string[],
  expected: number,
  from: number,
): number | undefined {
  const fits = (place: number): boolean =>
    place >= from &&
    place + wanted.length <= lines.length &&
    wanted.every((line, index) => line.trimEnd() === lines[place + index]?.trimEnd());
  for (let distance = 0; distance <= farthest; distance++) {
    const place = [expected - distance, expected + distance].find(fits);
    if (place !== undefined) return place;
  }
  return undefined;
}
