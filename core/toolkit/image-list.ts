import { imageSize } from "../oci/image/human.ts";
import { createdCell, timeOf } from "../oci/image/history.ts";
import type { ImageView } from "../oci/image/image-view.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import { parseReference, repositoryName } from "../oci/spec/reference.ts";
import type { Store } from "../oci/store/store.ts";
import { manifestsOf, requireStored } from "./find-image.ts";
import type { Host } from "./host.ts";
import { type ImageFilter, imageFilter, repositoryFilter } from "./image-filters.ts";
import { imageUsers } from "./image-users.ts";
import { contentSize } from "./layer-size.ts";
import { openStore } from "./open-store.ts";

export interface ListRequest {
  /** Only this repository, or a pattern. */
  readonly repository: string | undefined;
  /** `KEY=VALUE`. */
  readonly filters: readonly string[];
  /** Also the images of single platforms that an index holds. */
  readonly all: boolean;
}

/** A row of `docker image ls`. */
export interface ImageRow {
  /** `<none>` for an image without a name. */
  readonly repository: string;
  readonly tag: string;
  /** The digest of the configuration; over several platforms, that of the index. */
  readonly id: Digest;
  /** What it is in the registry of its repository; null while it was neither pulled nor pushed. */
  readonly digest: Digest | null;
  readonly platforms: readonly string[];
  /** RFC 3339: what the image says, or when it was built here if it says nothing; null where nobody knows. */
  readonly created: string | null;
  readonly createdSince: string;
  /** Bytes of the files in all layers. */
  readonly size: number;
  readonly humanSize: string;
  /** Names of the containers that were made from it. */
  readonly containers: readonly string[];
}

interface Listed {
  readonly name: string | undefined;
  readonly descriptor: Descriptor;
}

/** The images of the store that pass the filters, the newest first. Error `FILTER_INVALID`. */
export async function listImages(request: ListRequest, host: Host): Promise<readonly ImageRow[]> {
  await using store = await openStore(host);
  const passes = await filterOf(request, store, host);
  const named = store.images.list();
  const listed: readonly Listed[] = request.all ? [...named, ...(await partsOf(store, named))] : named;
  const users = imageUsers(store.directory);
  const rows: { readonly row: ImageRow; readonly time: number }[] = [];
  const shown = new Set<Digest>();
  // Those with names first: without one, an image is shown only where nothing shown has its id, since it differs in annotations at most.
  for (const { name, descriptor } of [...listed].sort(
    (a, b) => Number(a.name === undefined) - Number(b.name === undefined),
  )) {
    const views = await manifestsOf(store, descriptor);
    const id = idOf(views, descriptor.digest);
    if (name === undefined && shown.has(id)) continue;
    shown.add(id);
    const time = createdTime(store, views, descriptor);
    if (!passes({ name, config: views[0]?.config, time })) continue;
    const containers = views.flatMap((view) => users.get(view.manifest.config.digest) ?? []);
    const row = describe(store, name, views, descriptor.digest, time);
    rows.push({ row: { ...row, containers: containers.map((user) => user.name) }, time: time ?? 0 });
  }
  return rows.sort((a, b) => b.time - a.time || byName(a.row, b.row)).map(({ row }) => row);
}

const byName = (a: ImageRow, b: ImageRow): number =>
  a.repository === b.repository ? (a.tag < b.tag ? -1 : 1) : a.repository < b.repository ? -1 : 1;

async function filterOf(request: ListRequest, store: Store, host: Host): Promise<ImageFilter> {
  const filter = await imageFilter(request.filters, async (text) => {
    const { descriptor } = await requireStored(store, text, host);
    return createdTime(store, await manifestsOf(store, descriptor), descriptor);
  });
  if (request.repository === undefined) return filter;
  const only = repositoryFilter(request.repository);
  return (image) => only(image) && filter(image);
}

/** Each platform's image of the indexes among these. */
async function partsOf(store: Store, images: readonly Listed[]): Promise<readonly Listed[]> {
  const known = new Set(images.map(({ descriptor }) => descriptor.digest));
  const views = await Promise.all(images.map(({ descriptor }) => manifestsOf(store, descriptor)));
  const parts = new Map(views.flat().map(({ descriptor }) => [descriptor.digest, descriptor]));
  return [...parts.values()]
    .filter(({ digest }) => !known.has(digest))
    .map((descriptor) => ({ name: undefined, descriptor }));
}

/** Images made reproducibly say 1970, which is no time: those built here have the time of their first build. */
export function createdTime(
  store: Store,
  views: readonly ImageView[],
  { digest }: Descriptor,
): number | undefined {
  const said = timeOf(views[0]?.config.created);
  return said !== undefined && said > 0 ? said : timeOf(store.facts.get(digest)?.builtAt);
}

function idOf([first, ...others]: readonly ImageView[], digest: Digest): Digest {
  return first !== undefined && others.length === 0 ? first.manifest.config.digest : digest;
}

function describe(
  store: Store,
  name: string | undefined,
  views: readonly ImageView[],
  digest: Digest,
  created: number | undefined,
): Omit<ImageRow, "containers"> {
  const { repository, tag } = splitName(name);
  const size = views.reduce((sum, view) => sum + contentSize(store, view), 0);
  return {
    repository: repository ?? "<none>",
    tag: tag ?? "<none>",
    id: idOf(views, digest),
    digest: repository === undefined ? null : publishedDigest(store, digest, repository),
    platforms: views.map(({ config: { os, architecture, variant } }) =>
      formatPlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) }),
    ),
    created: created === undefined ? null : new Date(created).toISOString().replace(/\.\d+Z$/, "Z"),
    createdSince: createdCell(created, Date.now()),
    size,
    humanSize: imageSize(size),
  };
}

/** `NAME:TAG`; what was pulled by its digest, `NAME@DIGEST`, has no tag. */
function splitName(name = ""): { readonly repository?: string; readonly tag?: string } {
  const digestAt = name.indexOf("@");
  if (digestAt >= 0) return { repository: name.slice(0, digestAt) };
  const at = name.lastIndexOf(":");
  return at < 0 ? {} : { repository: name.slice(0, at), tag: name.slice(at + 1) };
}

/** What an image is in the registry that a repository's name says. */
function publishedDigest(store: Store, digest: Digest, repository: string): Digest | null {
  const repositories = store.facts.get(digest)?.repositories;
  return repositories?.[repositoryName(parseReference(repository))] ?? null;
}
