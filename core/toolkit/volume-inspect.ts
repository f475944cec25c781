import type { Json } from "../util/json.ts";
import { homeVolumes } from "./home-volumes.ts";
import type { Host } from "./host.ts";

/** What `docker volume inspect` prints of one. Error `VOLUME_NOT_FOUND`. */
export function inspectVolume(name: string, host: Host): Json {
  const { created, labels, mountpoint } = homeVolumes(host).get(name);
  return {
    CreatedAt: created,
    Driver: "local",
    Labels: labels,
    Mountpoint: mountpoint,
    Name: name,
    Options: null,
    Scope: "local",
  };
}
