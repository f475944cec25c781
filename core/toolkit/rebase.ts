import { TsdockError } from "../errors/tsdock-error.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import { formatReference, parseReference, repositoryName, withDefaultTag } from "../oci/spec/reference.ts";
import { BlobTally } from "../publish/push-image.ts";
import type { BlobCounts } from "../publish/publish-result.ts";
import type { ImageOrigin } from "../publish/promote/image-origin.ts";
import { pushRebased, rebasedTop } from "../publish/rebase/push-rebased.ts";
import { type PublishedPlatform, rebaseImage } from "../publish/rebase/rebase-image.ts";
import { readPlatformFor, readPlatforms } from "../publish/rebase/read-platforms.ts";
import { checkContract, type Rebased } from "./check-rebase.ts";
import type { Host } from "./host.ts";
import { destinationAt, type PublishedPlace, publishedPlace, transferJobs } from "./published-place.ts";
import { openConfig } from "./publish-plan.ts";
import { createRegistryAccess, type RegistryAccess } from "./registry-access.ts";

export interface RebaseRequest {
  /** A published image: `HOST/NAME:TAG` or `oci:DIR:NAME:TAG`. */
  readonly source: string;
  /** The new image's name; that of the source unless given. */
  readonly destination: string | undefined;
  /** The new base; what the base's name stands for now unless given. */
  readonly base: string | undefined;
  /** The base that it lies on; what its annotations say unless given. */
  readonly oldBase: string | undefined;
  /** Swap the layers although the image may expect something else of its base. */
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly config: string | undefined;
}

/** What `rebase --json` prints. */
export interface RebaseResult {
  readonly reference: string;
  readonly from: Digest;
  readonly to: Digest;
  readonly action: "move" | "keep";
  readonly platforms: readonly {
    readonly platform: string;
    readonly imageId: Digest;
    readonly base: { readonly name: string; readonly from: string; readonly to: Digest };
  }[];
  readonly blobs: BlobCounts;
}

/**
 * Puts a published image on another base by swapping layers: nothing is built, its own layers stay as they are. Errors
 * `REBASE_MISMATCH`, `REBASE_CONTRACT`, and those of registries.
 */
export async function rebase(request: RebaseRequest, host: Host): Promise<RebaseResult> {
  const { signal } = host;
  const { registries } = await openConfig(request, host);
  await using registry = createRegistryAccess(host, registries);
  const from = publishedPlace(request.source, host);
  const to = request.destination === undefined ? from : publishedPlace(request.destination, host);
  const origin = await from.origin(registry.get);
  const image = await readPlatforms(origin, signal);
  const platforms = await Promise.all(
    image.platforms.map((platform) => onNewBase(platform, { request, origin, registry, host })),
  );
  if (!request.force) await checkContract(platforms, host);
  await using destination = await destinationAt(to.layout, registry.get, host);
  const tag = tagOf(request, from, to);
  const counts = new BlobTally();
  const before = await destination.readTag(to.repository, tag, signal);
  const options = { destination, repository: to.repository, counts, jobs: transferJobs, signal };
  const top = rebasedTop(platforms, image.index);
  if (!request.dryRun && before?.digest !== top.descriptor.digest) {
    await destination.checkWritable(to.repository, signal);
    await pushRebased(platforms, image.index, options);
    const move = { repository: to.repository, tag, from: before, to: top };
    await destination.moveTags([move], () => undefined, signal);
  }
  return {
    reference: destination.reference(to.repository, tag),
    from: image.top.descriptor.digest,
    to: top.descriptor.digest,
    action: before?.digest === top.descriptor.digest ? "keep" : "move",
    platforms: platforms.map(({ image, name, oldDigest, newDigest, parts }) => ({
      platform: formatPlatform(parts.image.config),
      imageId: image.config.descriptor.digest,
      base: { name, from: oldDigest, to: newDigest },
    })),
    blobs: counts.counts,
  };
}

function tagOf({ source }: RebaseRequest, from: PublishedPlace, to: PublishedPlace): string {
  const tag = to.tag ?? from.tag;
  if (tag !== undefined) return tag;
  throw new TsdockError("USAGE", `there is no tag to move: ${source} has none`, {
    hint: "name the destination with its tag: tsdock rebase IMAGE HOST/NAME:TAG",
  });
}

interface Work {
  readonly request: RebaseRequest;
  readonly origin: ImageOrigin;
  readonly registry: RegistryAccess;
  readonly host: Host;
}

async function onNewBase(
  image: PublishedPlatform,
  { request, origin, registry, host }: Work,
): Promise<Rebased> {
  const { signal } = host;
  const { base, oldBase } = basesOf(image, request);
  const platform = image.config;
  const [oldOrigin, newOrigin] = await Promise.all(
    [oldBase, base].map((text) => publishedPlace(text, host).origin(registry.get)),
  );
  if (oldOrigin === undefined || newOrigin === undefined) throw new Error("two places have two origins");
  const before = await readPlatformFor(oldOrigin, platform, oldBase, signal);
  const after = await readPlatformFor(newOrigin, platform, base, signal);
  const parts = { image, before: before.platform, after: after.platform };
  const newDigest = after.top.descriptor.digest;
  const name = base.startsWith("oci:") ? base : fullName(base);
  const rebased = rebaseImage({ name: request.source, ...parts, base: { name, digest: newDigest } });
  return {
    image: rebased,
    own: origin,
    base: newOrigin,
    oldBase: oldOrigin,
    name,
    oldDigest: before.top.descriptor.digest,
    newDigest,
    parts,
  };
}

/** A reference without its digest, complete. */
function fullName(text: string): string {
  const { registry, repository, tag } = withDefaultTag(parseReference(text));
  return formatReference({ registry, repository, ...(tag === undefined ? {} : { tag }) });
}

function basesOf({ manifest }: PublishedPlatform, { source, base, oldBase }: RebaseRequest) {
  const { annotations = {} } = manifest;
  const name = annotations["org.opencontainers.image.base.name"];
  const digest = annotations["org.opencontainers.image.base.digest"];
  const known = name === undefined ? undefined : repositoryOf(name);
  const before = oldBase ?? (known === undefined || digest === undefined ? undefined : `${known}@${digest}`);
  const after = base ?? (known === undefined ? undefined : name);
  if (before !== undefined && after !== undefined) return { base: after, oldBase: before };
  throw new TsdockError("REBASE_MISMATCH", `${source} does not say what it was built on`, {
    details:
      "it has no annotations org.opencontainers.image.base.name and .digest that name an image of a registry",
    hint: "say it with --old-base, and with --base what it is to be built on now",
  });
}

function repositoryOf(name: string): string | undefined {
  try {
    return repositoryName(parseReference(name));
  } catch (error) {
    // A base from a directory or an archive of the machine that built it.
    if (error instanceof TsdockError) return undefined;
    throw error;
  }
}
