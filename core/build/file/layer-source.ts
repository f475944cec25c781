import { type ByteString, type FileEntry, joinPath } from "../../oci/layer/entry.ts";
import type { ResolveOptions } from "../../oci/layer/resolve-path.ts";
import type { FileTree, TreeEntry } from "../../oci/layer/tree.ts";
import type { LayerDigests } from "./layer-digests.ts";
import type { SourceTree } from "./source-tree.ts";

/** The merged layers of an image as a source of copies. */
export class LayerSource implements SourceTree {
  readonly #tree: FileTree;
  readonly #digests: LayerDigests;

  constructor(tree: FileTree, digests: LayerDigests) {
    this.#tree = tree;
    this.#digests = digests;
  }

  get(path: ByteString): TreeEntry | undefined {
    return this.#tree.get(path);
  }

  list(directory: ByteString): readonly ByteString[] {
    return this.#tree.list(directory);
  }

  children(directory: ByteString): readonly TreeEntry[] {
    return this.#tree.list(directory).flatMap((name) => this.#tree.get(joinPath(directory, name)) ?? []);
  }

  resolve(path: ByteString, options: ResolveOptions): ByteString {
    return this.#tree.resolve(path, options);
  }

  inode(path: ByteString): object | undefined {
    return this.#tree.inode(path);
  }

  digest(file: FileEntry): string {
    return this.#digests.digest(file);
  }
}
