import { TsdockError } from "../../errors/tsdock-error.ts";
import { showPath } from "./byte-path.ts";
import type { ByteString, LayerEntry } from "./entry.ts";

export type HardLinkEntry = Extract<LayerEntry, { type: "hardlink" }>;

export const linkToNothing = (link: {
  readonly path: ByteString;
  readonly target: ByteString;
}): TsdockError =>
  new TsdockError(
    "LAYER_INVALID",
    `the hard link ${showPath(link.path)} points to ${showPath(link.target)}, which is no file of the layer`,
    { hint: "the archive is damaged or was made by a broken tool" },
  );

/**
 * For each hard link the path at the end of its chain, which is no hard link itself. Links that name themselves are
 * that end. Takes linear time. Error `LAYER_INVALID` for links in a circle.
 */
export function linkHeads(links: readonly HardLinkEntry[]): Map<ByteString, ByteString> {
  const byPath = new Map(links.filter((link) => link.path !== link.target).map((link) => [link.path, link]));
  const heads = new Map<ByteString, ByteString>();
  for (const link of byPath.values()) {
    const chain = new Set<ByteString>();
    let at = link.path;
    for (let next = byPath.get(at); next !== undefined && !heads.has(at); next = byPath.get(at)) {
      if (chain.has(at)) throw linkToNothing(link);
      chain.add(at);
      at = next.target;
    }
    const head = heads.get(at) ?? at;
    for (const path of chain) heads.set(path, head);
  }
  return heads;
}
