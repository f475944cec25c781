import { isTsdockError } from "../errors/tsdock-error.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import { formatReference, parseReference, withDefaultTag } from "../oci/spec/reference.ts";
import { lockFileName, readLock } from "../build/lock-file.ts";
import type { RegistryClient } from "../oci/registry/client.ts";
import { readPlatforms } from "../publish/rebase/read-platforms.ts";
import { memoizeAsync } from "../util/memoize-async.ts";
import type { Host } from "./host.ts";
import { publishedPlace } from "./published-place.ts";
import { openConfig } from "./publish-plan.ts";
import { createRegistryAccess } from "./registry-access.ts";

export interface CheckBaseRequest {
  /** Published images (`HOST/NAME:TAG`, `oci:DIR:NAME:TAG`); the bases that tsdock.lock pins where there are none. */
  readonly images: readonly string[];
  readonly config: string | undefined;
}

/** What `check-base --json` prints. */
export interface CheckBaseResult {
  readonly bases: readonly BaseState[];
}

export interface BaseState {
  /** What stands on the base: an image and its platform, or `tsdock.lock`. */
  readonly user: string;
  /** Null where the image does not say; then nothing else is known either. */
  readonly base: string | null;
  readonly was: string | null;
  /** Null where the name is gone. */
  readonly now: string | null;
  readonly moved: boolean;
}

/** Whether bases stand for something else than when images were built on them. Reads manifests only. */
export async function checkBase(request: CheckBaseRequest, host: Host): Promise<CheckBaseResult> {
  const { signal } = host;
  const { registries, directory } = await openConfig(request, host);
  await using registry = createRegistryAccess(host, registries);
  const now = memoizeAsync(async (name: string) => {
    const client: RegistryClient = await registry.get();
    return (await client.find(withDefaultTag(parseReference(name)), signal, "origin"))?.digest ?? null;
  });
  const state = async (user: string, base: string, was: string): Promise<BaseState> => {
    const is = await now(base);
    return { user, base, was, now: is, moved: is !== was };
  };
  if (request.images.length === 0) {
    const pinned = Object.entries(readLock(directory).images);
    return { bases: await Promise.all(pinned.map(([base, was]) => state(lockFileName, base, was))) };
  }
  const bases = await Promise.all(
    request.images.map(async (text) => {
      const origin = await publishedPlace(text, host).origin(registry.get);
      const { platforms } = await readPlatforms(origin, signal);
      return Promise.all(
        platforms.map(async ({ manifest, config }): Promise<BaseState> => {
          const user = platforms.length === 1 ? text : `${text} ${formatPlatform(config)}`;
          const { annotations = {} } = manifest;
          const base = registryName(annotations["org.opencontainers.image.base.name"]);
          const was = annotations["org.opencontainers.image.base.digest"];
          if (base === undefined || was === undefined) {
            return { user, base: null, was: null, now: null, moved: false };
          }
          return state(user, base, was);
        }),
      );
    }),
  );
  return { bases: bases.flat() };
}

/** The complete name of a base in a registry; undefined for bases from elsewhere and for none. */
function registryName(name: string | undefined): string | undefined {
  if (name === undefined || name.startsWith("oci:") || name.startsWith("docker-archive:")) return undefined;
  try {
    return formatReference(withDefaultTag(parseReference(name)));
  } catch (error) {
    if (isTsdockError(error)) return undefined;
    throw error;
  }
}
