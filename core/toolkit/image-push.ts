import { TsdockError } from "../errors/tsdock-error.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { defaultTag, parseReference, repositoryName } from "../oci/spec/reference.ts";
import { publish } from "../publish/publish.ts";
import { requireStored } from "./find-image.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";
import { createRegistryAccess } from "./registry-access.ts";

export interface PushResult {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
  /** Bytes of what the tag points to. */
  readonly size: number;
}

/** Copies an image of the store to the place that its name says. */
export async function pushImage({ image }: { readonly image: string }, host: Host): Promise<PushResult> {
  const reference = parseReference(image);
  const { tag = defaultTag } = reference;
  await using registry = createRegistryAccess(host, {});
  await using store = await openStore(host);
  await using _lease = await store.lease();
  const { descriptor } = await requireStored(store, image, host);
  const repository = repositoryName(reference);
  const result = await publish({
    images: [{ name: reference.repository, descriptor }],
    destination: reference.registry,
    repository: () => repository,
    tags: () => [{ tag, class: "rolling", reason: "named by the image" }],
    store,
    client: registry.get,
    emit: host.emit,
    signal: host.signal,
  });
  const [published] = result.images;
  if (published === undefined) throw new TsdockError("IMAGE_NOT_FOUND", `${image} was not pushed`);
  await store.facts.add(descriptor.digest, { repositories: { [repository]: published.digest } });
  const client = await registry.get();
  const { size } = await client.resolve({ ...reference, tag }, host.signal);
  return { repository, tag, digest: published.digest, size };
}
