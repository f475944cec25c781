import { TsdockError } from "../../errors/tsdock-error.ts";
import { comparePaths, showPath } from "./byte-path.ts";
import type { ByteString, LayerEntry } from "./entry.ts";

type HardLink = Extract<LayerEntry, { type: "hardlink" }>;

function duplicate(path: ByteString): TsdockError {
  return new TsdockError("LAYER_INVALID", `a layer would have two entries named ${showPath(path)}`, {
    hint: "leave one of the two sources out",
  });
}

/** The entry that a chain of hard links ends at. */
function linkHead(link: HardLink, byPath: ReadonlyMap<ByteString, LayerEntry>): LayerEntry {
  let entry: LayerEntry | undefined = link;
  for (let hops = 0; entry?.type === "hardlink" && hops < 40; hops++) entry = byPath.get(entry.target);
  if (entry === undefined || entry.type === "hardlink" || entry.type === "directory") {
    throw new TsdockError(
      "LAYER_INVALID",
      `the hard link ${showPath(link.path)} points to ${showPath(link.target)}, which is no file of the same layer`,
    );
  }
  return entry;
}

/** An archive must have the content before its links: the first name of each group gets it, the others link to that one. */
function settleLinks(sorted: LayerEntry[]): void {
  const byPath = new Map(sorted.map((entry) => [entry.path, entry]));
  const groups = new Map<LayerEntry, HardLink[]>();
  for (const entry of sorted) {
    if (entry.type !== "hardlink") continue;
    const head = linkHead(entry, byPath);
    const group = groups.get(head);
    if (group === undefined) groups.set(head, [entry]);
    else group.push(entry);
  }
  const replacements = new Map<ByteString, LayerEntry>();
  for (const [head, links] of groups) {
    const first = links[0] !== undefined && links[0].path < head.path ? links[0].path : head.path;
    const { mode, uid, gid, mtime } = head;
    for (const { path } of [head, ...links]) {
      replacements.set(
        path,
        path === first ? { ...head, path } : { path, mode, uid, gid, mtime, type: "hardlink", target: first },
      );
    }
  }
  if (replacements.size === 0) return;
  for (const [index, entry] of sorted.entries()) sorted[index] = replacements.get(entry.path) ?? entry;
}

/**
 * Entries in the order of a layer: by the bytes of their paths, so parents before children, and the content of linked
 * files under the first of their names. Errors `LAYER_INVALID` for two entries of one name and for links to nothing.
 */
export function orderEntries(entries: Iterable<LayerEntry>): LayerEntry[] {
  const sorted = [...entries].sort((a, b) => comparePaths(a.path, b.path));
  let links = false;
  for (let i = 0; i < sorted.length; i++) {
    const entry = sorted[i];
    if (entry === undefined) continue;
    if (i > 0 && sorted[i - 1]?.path === entry.path) throw duplicate(entry.path);
    links ||= entry.type === "hardlink";
  }
  if (links) settleLinks(sorted);
  return sorted;
}
