import { dockerInspect } from "../oci/image/docker-inspect.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { familiarReference, parseReference } from "../oci/spec/reference.ts";
import type { Store } from "../oci/store/store.ts";
import type { Json } from "../util/json.ts";
import { requireStored, viewOf } from "./find-image.ts";
import type { Host } from "./host.ts";
import { contentSize } from "./layer-size.ts";
import { openStore } from "./open-store.ts";

/** `NAME@DIGEST` for the repositories that it was pulled from or pushed to. */
const repoDigests = (store: Store, digest: Digest): readonly string[] =>
  Object.entries(store.facts.get(digest)?.repositories ?? {}).map(([repository, published]) =>
    familiarReference({ ...parseReference(repository), digest: published }),
  );

function lastTagTime(store: Store, digest: Digest): { readonly lastTagTime?: string } {
  const time = store.facts.get(digest)?.taggedAt;
  return time === undefined ? {} : { lastTagTime: time };
}

/** What `docker image inspect` prints of one. Error `IMAGE_NOT_FOUND`. */
export async function inspectImage(text: string, platform: string | undefined, host: Host): Promise<Json> {
  await using store = await openStore(host);
  const found = await requireStored(store, text, host);
  const view = await viewOf(store, found, platform);
  const names = store.images
    .list()
    .flatMap(({ name, descriptor }) =>
      name !== undefined && descriptor.digest === found.descriptor.digest ? [name] : [],
    );
  return dockerInspect({
    imageId: view.manifest.config.digest,
    config: view.config,
    repoTags: names,
    repoDigests: repoDigests(store, found.descriptor.digest),
    ...lastTagTime(store, found.descriptor.digest),
    size: contentSize(store, view),
    descriptor: found.descriptor,
    ...(view.manifest.annotations === undefined ? {} : { annotations: view.manifest.annotations }),
  });
}
