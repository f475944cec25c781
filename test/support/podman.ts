import fs from "node:fs";
import { temporaryDirectory } from "./temporary-directory.ts";

export interface OwnPodman extends AsyncDisposable {
  /** Variables by which podman keeps everything of its own apart. */
  readonly env: Readonly<Record<string, string>>;
}

/** A podman with a storage and a configuration of its own: `requires("podman", "runc", "root")`. */
export function ownPodman(): OwnPodman {
  const tmp = temporaryDirectory();
  const below = (name: string): string => `${tmp.path}/${name}`;
  const storage = [
    "[storage]",
    'driver = "vfs"',
    `graphroot = "${below("root")}"`,
    `runroot = "${below("run")}"`,
  ];
  fs.writeFileSync(below("storage.conf"), `${storage.join("\n")}\n`);
  // Root may lack the right to raise limits.
  const settings = [
    "[containers]",
    'default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]',
    "[engine]",
    'cgroup_manager = "cgroupfs"',
    // Where there are both kinds of cgroups, crun refuses.
    'runtime = "runc"',
    'events_logger = "none"',
    `tmp_dir = "${below("tmp")}"`,
  ];
  fs.writeFileSync(below("containers.conf"), `${settings.join("\n")}\n`);
  return {
    env: { CONTAINERS_STORAGE_CONF: below("storage.conf"), CONTAINERS_CONF: below("containers.conf") },
    [Symbol.asyncDispose]: () => tmp[Symbol.asyncDispose](),
  };
}
