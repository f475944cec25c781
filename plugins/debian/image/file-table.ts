import { type ByteString, fromByteString, type LayerEntry, parentPath, TsdockError } from "tsdock/plugin";
import { satisfies } from "../closure/satisfies.ts";
import { parseRelations } from "../control/relations.ts";
import type { DebianPackage } from "../package/read-package.ts";

interface Owner {
  readonly pkg: DebianPackage;
  /** Number of the layer that has it. */
  readonly layer: number;
  readonly entry: LayerEntry;
}

const isDirectory = (entry: LayerEntry): boolean => entry.type === "directory";

/** Whether `pkg` says that it replaces files of `other` (policy 7.6.1). */
function replaces(pkg: DebianPackage, other: DebianPackage): boolean {
  const { name, version, architecture, fields } = other;
  const record = { name, version, provides: "", multiArch: fields.get("multi-arch") ?? "" };
  return parseRelations(pkg.fields.get("replaces") ?? "")
    .flat()
    .some((relation) => satisfies(record, relation, architecture));
}

/** Contents are not kept: the table outlives the layer that they go into. */
const withoutContent = (entry: LayerEntry): LayerEntry =>
  entry.type === "file" ? { ...entry, content: new Uint8Array(0) } : entry;

/** Who has which path, over all layers: what dpkg keeps track of while it unpacks one package after the other. */
export class FileTable {
  readonly #owners = new Map<ByteString, Owner>();
  readonly #links = new Set<ByteString>();

  paths(): Iterable<ByteString> {
    return this.#owners.keys();
  }

  has(path: ByteString): boolean {
    return this.#owners.has(path);
  }

  /** The directory that a package gave; undefined where the path is none. */
  directory(path: ByteString): LayerEntry | undefined {
    const entry = this.#owners.get(path)?.entry;
    return entry?.type === "directory" ? entry : undefined;
  }

  /**
   * Takes the files of a package into a layer: `into` holds what the layer has so far. Directories are shared and keep
   * what the first package gave them, except that base-files has the last word on its own, as it has where it is
   * unpacked first. Error `DEBIAN_FILE_CONFLICT`.
   */
  take(
    pkg: DebianPackage,
    entries: Iterable<LayerEntry>,
    layer: number,
    into: Map<ByteString, LayerEntry>,
  ): void {
    for (const entry of entries) {
      const path = this.#resolve(entry.path);
      const placed = path === entry.path ? entry : { ...entry, path };
      const owner = this.#owners.get(path);
      if (owner !== undefined && owner.pkg !== pkg && !this.#wins(pkg, placed, owner)) {
        if (isDirectory(owner.entry) && owner.layer !== layer && !into.has(path)) into.set(path, owner.entry);
        continue;
      }
      this.#owners.set(path, { pkg, layer, entry: withoutContent(placed) });
      if (placed.type === "symlink") this.#links.add(path);
      into.set(path, placed);
    }
  }

  /** Whether the newcomer's entry stands; false where the owner's does. */
  #wins(pkg: DebianPackage, entry: LayerEntry, owner: Owner): boolean {
    if (isDirectory(entry) && isDirectory(owner.entry)) return pkg.name === "base-files";
    if (isDirectory(entry) && owner.entry.type === "symlink") return false;
    if (replaces(pkg, owner.pkg)) return true;
    if (replaces(owner.pkg, pkg)) return false;
    throw new TsdockError(
      "DEBIAN_FILE_CONFLICT",
      `${owner.pkg.name} and ${pkg.name} both have /${fromByteString(entry.path)}`,
      {
        hint: "leave one of them out; a package that diverts another's file has to be installed in a RUN",
      },
    );
  }

  /** A directory that is a link of another package: files go where it leads, as they would on a disk. */
  #resolve(path: ByteString, depth = 0): ByteString {
    if (this.#links.size === 0 || depth > 40) return path;
    for (let parent = parentPath(path); parent !== ""; parent = parentPath(parent)) {
      if (!this.#links.has(parent)) continue;
      const link = this.#owners.get(parent)?.entry;
      if (link?.type !== "symlink") continue;
      const base = link.target.startsWith("/") ? "" : parentPath(parent);
      return this.#resolve(join(base, `${link.target}${path.slice(parent.length)}`), depth + 1);
    }
    return path;
  }
}

/** A path after a link, `..` worked out. */
function join(base: ByteString, rest: ByteString): ByteString {
  const parts = base === "" ? [] : base.split("/");
  for (const part of rest.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
