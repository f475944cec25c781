import * as v from "valibot";
import { comparePaths } from "./byte-path.ts";
import type { ByteString } from "./entry.ts";
import { type ResolveOptions, resolvePath } from "./resolve-path.ts";
import type { FileTree } from "./tree.ts";

/** A directory: mode, uid, gid. A symbolic link: its target. */
export type IndexedDirectory = readonly [mode: number, uid: number, gid: number];
type Indexed = IndexedDirectory | ByteString;

/** What a copy must know of the tree below it, as it is kept: paths in byte order. */
export interface DirectoryIndexJson {
  readonly version: 1;
  readonly entries: readonly (readonly [path: ByteString, what: Indexed])[];
}

const number = v.pipe(v.number(), v.integer(), v.minValue(0));
const schema = v.object({
  version: v.literal(1),
  entries: v.array(v.tuple([v.string(), v.union([v.tuple([number, number, number]), v.string()])])),
});

/** The directories and symbolic links of a tree and nothing else: small, and enough to place copies on a base. */
export class DirectoryIndex {
  readonly #entries: ReadonlyMap<ByteString, Indexed>;

  constructor(entries: Iterable<readonly [ByteString, Indexed]>) {
    this.#entries = new Map(entries);
  }

  directory(path: ByteString): IndexedDirectory | undefined {
    const found = this.#entries.get(path);
    return typeof found === "string" ? undefined : found;
  }

  /** The target of a symbolic link. */
  link(path: ByteString): ByteString | undefined {
    const found = this.#entries.get(path);
    return typeof found === "string" ? found : undefined;
  }

  /** See `resolvePath`. Error `TREE_LINK_LOOP`. */
  resolve(path: ByteString, options: ResolveOptions): ByteString {
    return resolvePath((at) => this.link(at), path, options);
  }

  toJSON(): DirectoryIndexJson {
    return { version: 1, entries: [...this.#entries].sort(([a], [b]) => comparePaths(a, b)) };
  }
}

export function indexDirectories(tree: FileTree): DirectoryIndex {
  const entries: [ByteString, Indexed][] = [];
  for (const entry of tree) {
    if (entry.type === "directory") entries.push([entry.path, [entry.mode, entry.uid, entry.gid]]);
    else if (entry.type === "symlink") entries.push([entry.path, entry.target]);
  }
  return new DirectoryIndex(entries);
}

/** Reads what `toJSON` gave; undefined for anything else, such as the work of another version. */
export function readDirectoryIndex(json: unknown): DirectoryIndex | undefined {
  const result = v.safeParse(schema, json);
  return result.success ? new DirectoryIndex(result.output.entries) : undefined;
}
