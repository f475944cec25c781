import fs from "node:fs";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { ContainerMount } from "../run/state/container-record.ts";
import { makeDirectories } from "../util/make-directories.ts";
import { homeVolumes } from "./home-volumes.ts";
import type { Host } from "./host.ts";

/**
 * Makes the volumes that are not there yet, and as docker's `-v` the directories that are to be bound. Error
 * `MOUNT_SOURCE_MISSING`.
 */
export function makeVolumes(mounts: readonly ContainerMount[], host: Host): readonly ContainerMount[] {
  return mounts.map((mount) => {
    if (mount.type === "bind") makeSource(mount.source);
    if (mount.type !== "volume") return mount;
    const { name, mountpoint } = homeVolumes(host).create(mount.name === "" ? {} : { name: mount.name });
    return { ...mount, name, source: mountpoint };
  });
}

function makeSource(source: string): void {
  if (fs.existsSync(source)) return;
  try {
    makeDirectories(source);
  } catch (cause) {
    throw new TsdockError(
      "MOUNT_SOURCE_MISSING",
      `${source} is not there and cannot be made: ${(cause as Error).message}`,
      {
        hint: "correct the path after -v, or create what it names",
        cause,
      },
    );
  }
}
