import { createHash } from "node:crypto";
import { type DirectoryIndex, indexDirectories } from "../../oci/layer/directory-index.ts";
import type { LayerEntry } from "../../oci/layer/entry.ts";
import { type FileTree, mergeLayers } from "../../oci/layer/tree.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import { type UserTexts, userTextsOf } from "../file/user-texts.ts";
import { LayerAccess } from "../layer-access.ts";
import type { TreeLayer } from "../tree.ts";

/** A layer's files are asked for, and only an execution would tell. */
export class UnknownLayer extends Error {}

type Entries = () => Promise<readonly LayerEntry[]>;

/**
 * Layers that nobody made: named by a digest of what they would be made from. Those of files are known entry by entry, those
 * of commands are not.
 */
export class SymbolicLayers extends LayerAccess {
  readonly #known = new Map<Digest, Entries>();

  /** A layer that has a name and nothing else. */
  unknown(key: string): TreeLayer {
    return { diffId: named(`unknown ${key}`) };
  }

  /** A layer whose entries are known, under a digest of them. */
  entriesOf(identity: string, entries: Entries): TreeLayer {
    const diffId = named(`entries ${identity}`);
    if (!this.#known.has(diffId)) this.#known.set(diffId, entries);
    return { diffId };
  }

  override async tree(layers: readonly TreeLayer[]): Promise<FileTree> {
    const known = layers.map(({ diffId }) => {
      const entries = this.#known.get(diffId);
      if (entries === undefined) throw new UnknownLayer();
      return entries;
    });
    return mergeLayers(await Promise.all(known.map((entries) => entries())));
  }

  override async directories(layers: readonly TreeLayer[]): Promise<DirectoryIndex> {
    return indexDirectories(await this.tree(layers));
  }

  override async userFiles(layers: readonly TreeLayer[]): Promise<UserTexts> {
    return userTextsOf(await this.tree(layers));
  }

  override has(): boolean {
    return true;
  }
}

const named = (text: string): Digest => `sha256:${createHash("sha256").update(text).digest("hex")}`;
