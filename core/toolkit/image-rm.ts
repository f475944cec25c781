import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import { humanSize } from "../oci/image/human.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import { type Digest, digestOf } from "../oci/spec/digest.ts";
import { familiarReference, parseReference } from "../oci/spec/reference.ts";
import type { Store } from "../oci/store/store.ts";
import { type FoundImage, manifestsOf, requireStored } from "./find-image.ts";
import type { Host } from "./host.ts";
import { type ImageUser, imageUsers } from "./image-users.ts";
import { openStore } from "./open-store.ts";

export interface RemovedImages {
  /** Names that are gone, `NAME@DIGEST` among them. */
  readonly untagged: readonly string[];
  /** Ids of images that lost their last name, and the chain ids (OCI image-spec, config.md) of layers that went with them. */
  readonly deleted: readonly Digest[];
  /** Bytes on the disk. */
  readonly freed: number;
  readonly humanFreed: string;
}

/**
 * Removes names; by id, all names of an image. An image without names goes, with every layer that neither another image nor
 * the cache of builds needs. Error `IMAGE_IN_USE` where a container needs it, unless `force` lets only its names go.
 */
export async function removeImages(
  { images, force }: { readonly images: readonly string[]; readonly force: boolean },
  host: Host,
): Promise<RemovedImages> {
  await using store = await openStore(host);
  const users = imageUsers(store.directory);
  const wanted = new Map<string, Descriptor>();
  for (const text of images) {
    const found = await requireUnlessForced(store, text, force, host);
    if (found === undefined) continue;
    for (const name of namesToRemove(store, found, text, force)) wanted.set(name, found.descriptor);
  }
  const doomed = doomedBy(store, wanted);
  if (!force) for (const descriptor of doomed) await checkUnused(store, descriptor, users);
  return await removeNames(store, [...wanted.keys()], doomed, host.signal);
}

/** As docker: with `force`, one that is not there is told of and is no failure. */
async function requireUnlessForced(
  store: Store,
  text: string,
  force: boolean,
  host: Host,
): Promise<FoundImage | undefined> {
  try {
    return await requireStored(store, text, host);
  } catch (error) {
    if (!force || !isTsdockError(error) || error.code !== "IMAGE_NOT_FOUND") throw error;
    host.emit({ type: "warning", code: "REMOVED_ALREADY", message: error.message });
    return undefined;
  }
}

function namesToRemove(
  store: Store,
  { name, descriptor: { digest } }: FoundImage,
  text: string,
  force: boolean,
): readonly string[] {
  if (name !== undefined) return [name];
  const names = store.images
    .list()
    .flatMap((image) => (image.descriptor.digest === digest ? [image.name ?? digest] : []));
  if (names.length <= 1 || force) return names;
  throw new TsdockError("USAGE", `${text} has ${names.length} names: ${names.join(", ")}`, {
    hint: "remove one of the names, or all with --force",
  });
}

/** The images that have no name left when these are gone. */
function doomedBy(store: Store, names: ReadonlyMap<string, Descriptor>): readonly Descriptor[] {
  const left = store.images.list().filter(({ name, descriptor }) => !names.has(name ?? descriptor.digest));
  const kept = new Set(left.map(({ descriptor }) => descriptor.digest));
  const doomed = new Map([...names.values()].map((descriptor) => [descriptor.digest, descriptor]));
  return [...doomed.values()].filter(({ digest }) => !kept.has(digest));
}

async function checkUnused(
  store: Store,
  descriptor: Descriptor,
  users: ReadonlyMap<Digest, readonly ImageUser[]>,
): Promise<void> {
  for (const view of await manifestsOf(store, descriptor)) {
    const [user] = users.get(view.manifest.config.digest) ?? [];
    if (user === undefined) continue;
    throw new TsdockError(
      "IMAGE_IN_USE",
      `the image ${view.manifest.config.digest.slice(7, 19)} cannot be removed: the container ${user.name} (${user.id.slice(0, 12)}) ${user.running ? "runs" : "was made from"} it`,
      { hint: `remove the container first: tsdock rm ${user.running ? "-f " : ""}${user.name}` },
    );
  }
}

/** Takes the names away and removes what nothing needs any more. */
export async function removeNames(
  store: Store,
  names: readonly string[],
  doomed: readonly Descriptor[],
  signal: AbortSignal,
): Promise<RemovedImages> {
  const digests = publishedNames(store, doomed);
  const used = imageUsers(store.directory);
  const images = await Promise.all(
    doomed.map(async (descriptor) => ({ descriptor, views: await manifestsOf(store, descriptor) })),
  );
  const free = images.filter(({ views }) => !views.some(({ manifest }) => used.has(manifest.config.digest)));
  const removed = await store.images.remove(names);
  const content = await store.removeContent(
    free.map(({ descriptor }) => descriptor),
    signal,
  );
  const gone = new Set<string | undefined>(content.digests);
  const deleted = free.flatMap(({ views }) =>
    views.flatMap(({ manifest, config: { rootfs } }) => {
      const chain = chainIds(rootfs.diff_ids).filter((_, index) => gone.has(rootfs.diff_ids[index]));
      // Another image of the same id may be there: what a registry has is compressed, and so a manifest of its own.
      const isGone = gone.has(manifest.config.digest);
      return [...(isGone ? [manifest.config.digest] : []), ...chain.toReversed()];
    }),
  );
  const untagged = removed.filter((name) => !name.startsWith("sha256:"));
  return {
    untagged: [...untagged, ...digests],
    deleted: [...new Set(deleted)],
    freed: content.freed,
    humanFreed: humanSize(content.freed),
  };
}

/** What images are called by digest in the registries that have them. */
const publishedNames = (store: Store, images: readonly Descriptor[]): readonly string[] =>
  images.flatMap(({ digest }) =>
    Object.entries(store.facts.get(digest)?.repositories ?? {}).map(([repository, published]) =>
      familiarReference({ ...parseReference(repository), digest: published }),
    ),
  );

/** OCI image-spec, config.md: a layer together with all below it. */
function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}
