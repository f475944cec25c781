import { fromByteString, type TreeEntry } from "../layer/entry.ts";
import { sameEntry } from "../layer/same-entry.ts";
import type { FileTree } from "../layer/tree.ts";
import type { ImageConfig } from "../spec/image-config.ts";
import { canonicalJson, type Json } from "../../util/json.ts";

/** A file that two images do not have alike. */
export interface FileDifference {
  /** Absolute, as text. */
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  /** What differs: `content`, `mode`, `owner`, `type`, `target`, `time`, `xattrs`. */
  readonly what: readonly string[];
  /** Bytes of a file before and after; null where it is none. */
  readonly from: number | null;
  readonly to: number | null;
}

/** A member of the configuration that two images do not have alike; null where one lacks it. */
export interface ConfigDifference {
  /** `config.Env.PATH`, `architecture`. */
  readonly path: string;
  readonly from: Json;
  readonly to: Json;
}

/** What an image has that another has not, and the other way round, in the order of paths. */
export function diffTrees(before: FileTree, after: FileTree): readonly FileDifference[] {
  const differences: FileDifference[] = [];
  for (const entry of after) {
    const old = before.get(entry.path);
    if (old === undefined) differences.push(difference(entry.path, "added", [], undefined, entry));
    else if (!sameEntry(old, entry))
      differences.push(difference(entry.path, "changed", whatDiffers(old, entry), old, entry));
  }
  for (const entry of before)
    if (after.get(entry.path) === undefined)
      differences.push(difference(entry.path, "removed", [], entry, undefined));
  return differences.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

const sizeOf = (entry: TreeEntry | undefined): number | null => (entry?.type === "file" ? entry.size : null);

const difference = (
  path: string,
  change: FileDifference["change"],
  what: readonly string[],
  old: TreeEntry | undefined,
  entry: TreeEntry | undefined,
): FileDifference => ({
  path: `/${fromByteString(path)}`,
  change,
  what,
  from: sizeOf(old),
  to: sizeOf(entry),
});

function whatDiffers(old: TreeEntry, entry: TreeEntry): readonly string[] {
  if (old.type !== entry.type) return ["type"];
  const metadata = [
    ...(old.mode === entry.mode ? [] : ["mode"]),
    ...(old.uid === entry.uid && old.gid === entry.gid ? [] : ["owner"]),
    ...(old.mtime === entry.mtime ? [] : ["time"]),
  ];
  const { mode, uid, gid, mtime } = entry;
  const { xattrs: _old, ...bare } = { ...old, mode, uid, gid, mtime };
  const { xattrs: _new, ...other } = entry;
  const content = sameEntry(bare, other) ? [] : [old.type === "symlink" ? "target" : "content"];
  const sameAttributes = content.length > 0 || metadata.length > 0 || sameEntry(old, entry);
  return [...content, ...metadata, ...(sameAttributes ? [] : ["xattrs"])];
}

/** Environment variables count by name; what a build writes of itself (history, layers, times) does not count. */
export function diffConfigs(before: ImageConfig, after: ImageConfig): readonly ConfigDifference[] {
  const [left, right] = [flatten(before), flatten(after)];
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((path) => {
    const [from, to] = [left.get(path) ?? null, right.get(path) ?? null];
    return canonicalJson(from) === canonicalJson(to) ? [] : [{ path, from, to }];
  });
}

const objects = ["Labels", "ExposedPorts", "Volumes", "Healthcheck"];

function flatten(image: ImageConfig): ReadonlyMap<string, Json> {
  const flat = new Map<string, Json>();
  for (const name of ["architecture", "os", "variant", "author"] as const) {
    const value = image[name];
    if (value !== undefined) flat.set(name, value);
  }
  for (const [name, value] of Object.entries((image.config ?? {}) as Readonly<Record<string, Json>>)) {
    if (name === "Env") {
      for (const line of image.config?.Env ?? [])
        flat.set(`config.Env.${line.slice(0, line.indexOf("="))}`, line.slice(line.indexOf("=") + 1));
    } else if (objects.includes(name) && typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) flat.set(`config.${name}.${key}`, item);
    } else flat.set(`config.${name}`, value);
  }
  return flat;
}
