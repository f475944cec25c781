import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor, Index } from "../spec/descriptor.ts";
import type { Blobs, Images, StoredImage } from "./contract.ts";
import { type LayoutIndex, refNameAnnotation } from "./layout-index.ts";

/** The names of a store: entries of its `index.json`. */
export class NamedImages implements Images {
  readonly #index: LayoutIndex;
  readonly #blobs: Blobs;

  constructor(index: LayoutIndex, blobs: Blobs) {
    this.#index = index;
    this.#blobs = blobs;
  }

  list(): readonly StoredImage[] {
    return this.#index.read().manifests.map(toStored);
  }

  resolve(name: string): StoredImage | undefined {
    return imagesByName(this.#index.read()).get(name);
  }

  async set(entries: readonly { readonly name: string; readonly descriptor: Descriptor }[]): Promise<void> {
    for (const { name, descriptor } of entries) {
      if (this.#blobs.has(descriptor.digest)) continue;
      throw new TsdockError(
        "BLOB_MISSING",
        `${name} cannot be named: ${descriptor.digest} is not in the store`,
        {
          hint: "build or pull the image again",
        },
      );
    }
    await this.#index.update((index) => withNames(index, entries, true));
  }

  async remove(names: readonly string[]): Promise<readonly string[]> {
    const removed: string[] = [];
    await this.#index.update((index) => {
      const gone = (image: StoredImage): boolean => names.includes(image.name ?? image.descriptor.digest);
      const manifests = index.manifests.filter((entry) => !gone(toStored(entry)));
      if (manifests.length === index.manifests.length) return undefined;
      removed.push(
        ...index.manifests
          .map(toStored)
          .filter(gone)
          .map((image) => image.name ?? image.descriptor.digest),
      );
      return { ...index, manifests };
    });
    return removed;
  }
}

const nameOf = (entry: Descriptor): string | undefined => entry.annotations?.[refNameAnnotation];

/** The descriptor without the name that only the layout gives it. */
export function toStored(entry: Descriptor): StoredImage {
  const { annotations = {}, ...rest } = entry;
  const { [refNameAnnotation]: name, ...others } = annotations;
  return { name, descriptor: Object.keys(others).length === 0 ? rest : { ...rest, annotations: others } };
}

const byNames = new WeakMap<Index, ReadonlyMap<string, StoredImage>>();

/** The named images of an index; made once for each index that is read: hundreds of names are looked up in one. */
export function imagesByName(index: Index): ReadonlyMap<string, StoredImage> {
  const known = byNames.get(index);
  if (known !== undefined) return known;
  const images = new Map<string, StoredImage>();
  for (const image of index.manifests.map(toStored))
    if (image.name !== undefined && !images.has(image.name)) images.set(image.name, image);
  byNames.set(index, images);
  return images;
}

export const namedEntry = (name: string, descriptor: Descriptor): Descriptor => ({
  ...descriptor,
  annotations: { ...descriptor.annotations, [refNameAnnotation]: name },
});

/**
 * The index in which the names stand for these descriptors. With `keepNameless` an image that thereby loses its last name
 * stays as an entry without one, as `docker image ls` shows it, until it is pruned. Undefined where nothing changes.
 */
export function withNames(
  index: Index,
  entries: readonly { readonly name: string; readonly descriptor: Descriptor }[],
  keepNameless: boolean,
): Index | undefined {
  const wanted = new Map(entries.map(({ name, descriptor }) => [name, namedEntry(name, descriptor)]));
  const known = new Map(index.manifests.map((entry) => [nameOf(entry), JSON.stringify(entry)]));
  if ([...wanted].every(([name, entry]) => known.get(name) === JSON.stringify(entry))) return undefined;
  const isReplaced = (entry: Descriptor): boolean => wanted.has(nameOf(entry) ?? "");
  const replaced = index.manifests.filter(isReplaced).map((entry) => toStored(entry).descriptor);
  const others = index.manifests.filter((entry) => !isReplaced(entry));
  const named = [...others.filter((entry) => nameOf(entry) !== undefined), ...wanted.values()].sort(byName);
  const digests = new Set(named.map((entry) => entry.digest));
  const nameless = [
    ...others.filter((entry) => nameOf(entry) === undefined),
    ...(keepNameless ? replaced : []),
  ];
  const left = new Map(
    nameless.filter((entry) => !digests.has(entry.digest)).map((entry) => [entry.digest, entry]),
  );
  return { ...index, manifests: [...named, ...left.values()] };
}

function byName(a: Descriptor, b: Descriptor): number {
  const [left, right] = [nameOf(a) ?? "", nameOf(b) ?? ""];
  return left < right ? -1 : left > right ? 1 : 0;
}
