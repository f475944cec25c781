import { nearestNames } from "../graph/nearest-names.ts";
import type { Store } from "../oci/store/store.ts";

/** The hint for a name that no image of the store has: those that may have been meant, else what helps. */
export function imageHint(store: Store, text: string, otherwise: string): string {
  const plain = (name: string): string => name.replace(/:latest$/, "");
  const known = new Set(store.images.list().flatMap(({ name }) => (name === undefined ? [] : [plain(name)])));
  const near = nearestNames(plain(text), [...known]);
  return near.length === 0 ? otherwise : `did you mean ${near.join(" or ")}? ${otherwise}`;
}
