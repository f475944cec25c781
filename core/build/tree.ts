import type { EphemeralFile } from "../plugin/contract.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { ImageConfig } from "../oci/spec/image-config.ts";

/** A layer of a tree. `size` (bytes of the uncompressed tar) is unknown while the layer only exists in a registry. */
export interface TreeLayer {
  readonly diffId: Digest;
  readonly size?: number;
}

/** What a tree began with. */
export interface TreeBase {
  /** The source image's configuration with its history; one without layers for scratch. */
  readonly config: ImageConfig;
  /** `org.opencontainers.image.base.name` and `…digest`; absent for scratch and for sources that are no images. */
  readonly image?: { readonly name: string; readonly digest: Digest };
  /** Files bound for every RUN on top; asked for only when a RUN really runs. */
  readonly ephemeral?: () => Promise<readonly EphemeralFile[]>;
}

/** What a vertex gives: a stack of layers, lowest first, and what it stands on. */
export interface Tree {
  readonly layers: readonly TreeLayer[];
  readonly base: TreeBase;
}

export const withLayer = (tree: Tree, layer: TreeLayer | null): Tree =>
  layer === null ? tree : { ...tree, layers: [...tree.layers, layer] };

/** What a step that may read every file of a tree depends on. */
export const contentOf = (tree: Pick<Tree, "layers">): string =>
  tree.layers.map((layer) => layer.diffId).join(" ");
