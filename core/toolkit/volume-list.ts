import type { Volume } from "../run/volumes/volume-record.ts";
import { homeVolumes } from "./home-volumes.ts";
import type { Host } from "./host.ts";
import { resourceFilter } from "./resource-filter.ts";

/** All volumes that the filters let through, by name. Error `FILTER_INVALID`. */
export function listVolumes(
  { filters }: { readonly filters: readonly string[] },
  host: Host,
): readonly Volume[] {
  const filter = resourceFilter(filters);
  const volumes = homeVolumes(host);
  return volumes
    .list()
    .filter((volume) =>
      filter({ ...volume, driver: "local", dangling: volumes.users(volume.name).length === 0 }),
    );
}
