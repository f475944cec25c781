import type { Json } from "../util/json.ts";
import { homeVolumes } from "./home-volumes.ts";
import type { Host } from "./host.ts";

/** One document for each volume, as `docker volume inspect` prints them. Error `VOLUME_NOT_FOUND`. */
export function inspectVolumes(names: readonly string[], host: Host): readonly Json[] {
  const volumes = homeVolumes(host);
  return names
    .map((name) => volumes.get(name))
    .map(({ name, created, labels, mountpoint }) => ({
      CreatedAt: created,
      Driver: "local",
      Labels: labels,
      Mountpoint: mountpoint,
      Name: name,
      Options: {},
      Scope: "local",
    }));
}
