import type { Site } from "./site.ts";
import type { Source } from "./source.ts";

export const imageBrand: unique symbol = Symbol.for("tsdock.image");
export const treeBrand: unique symbol = Symbol.for("tsdock.tree");

/** What of an image counts where its files are taken: that it is one, and no builder without a base. See `Image`. */
export interface ImageFiles {
  readonly [imageBrand]: object;
  readonly run: (...args: never[]) => unknown;
}

/** File trees combined without running anything: made by `merge` and `diff`. Has files and no configuration. */
export interface Tree {
  readonly [treeBrand]: object;
  readonly type: "merge" | "diff";
  readonly inputs: readonly Files[];
  readonly site: Site;
}

/**
 * Anything that has files: an image of this workspace, a reference (`busybox`, `ghcr.io/acme/base:1`, `alpine@sha256:…`,
 * `oci:DIR[:TAG]`, `docker-archive:FILE`), what a plugin gives, a `merge` or a `diff`.
 */
export type Files = ImageFiles | Source | Tree | string;
