import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Store } from "../oci/store/store.ts";

/** Gives images names in one go, and remembers when: see `ImageFacts`. `built` is for those that a build here made. */
export async function nameImages(
  store: Store,
  entries: readonly { readonly name: string; readonly descriptor: Descriptor }[],
  { built = false }: { readonly built?: boolean } = {},
): Promise<void> {
  if (entries.length === 0) return;
  await store.images.set(entries);
  const taggedAt = new Date().toISOString();
  for (const digest of new Set(entries.map(({ descriptor }) => descriptor.digest))) {
    const isFirst = built && store.facts.get(digest)?.builtAt === undefined;
    await store.facts.add(digest, { taggedAt, ...(isFirst ? { builtAt: taggedAt } : {}) });
  }
}
