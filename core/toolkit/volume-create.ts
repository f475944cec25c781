import type { CreateVolumeOptions } from "../run/volumes/volumes.ts";
import { homeVolumes } from "./home-volumes.ts";
import type { Host } from "./host.ts";

/** Gives the volume's name; one that is there already is left as it is. Error `VOLUME_INVALID`. */
export const createVolume = (options: CreateVolumeOptions, host: Host): string =>
  homeVolumes(host).create(options).name;
