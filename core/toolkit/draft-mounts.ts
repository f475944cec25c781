import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { ContainerConfig } from "../oci/spec/image-config.ts";
import { parseBytes } from "../run/options/parse-amounts.ts";
import { parseTmpfs, parseVolumeSpec } from "../run/options/parse-mount.ts";
import { parseMountSpec } from "../run/options/parse-mount-spec.ts";
import { findContainer } from "../run/state/container-names.ts";
import type { ContainerMount } from "../run/state/container-record.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";
import type { RunRequest } from "./run-request.ts";

/**
 * What `-v`, `--mount`, `--tmpfs`, `--shm-size` and `--volumes-from` give, and an anonymous volume for each VOLUME of the image that nothing covers. The sources of
 * volumes are filled in when they are made. Errors `MOUNT_DUPLICATE`, `MOUNT_SOURCE_MISSING`, `CONTAINER_NOT_FOUND`.
 */
export function draftMounts(
  request: RunRequest,
  config: ContainerConfig,
  host: Host,
): readonly ContainerMount[] {
  const homeDirectory = host.env["HOME"] ?? os.homedir();
  const given = request.volumes.map((text): ContainerMount => {
    const { source, kind, target, readonly } = parseVolumeSpec(text, host.cwd, homeDirectory);
    if (kind === "bind") return { type: "bind", source, target, readonly };
    return { type: "volume", name: source, anonymous: source === "", source: "", target, readonly };
  });
  const described = request.mounts.map((text) => mountOf(text, host));
  const tmpfs = request.tmpfs.map((text): ContainerMount => ({ type: "tmpfs", ...parseTmpfs(text) }));
  const asked = [...given, ...described, ...tmpfs, ...sharedMemory(request)];
  if (new Set(asked.map(({ target }) => target)).size < asked.length) {
    throw new TsdockError("MOUNT_DUPLICATE", "two volumes have one place in the container", {
      hint: "give each -v, --mount and --tmpfs another place",
    });
  }
  const isFree = ({ target }: ContainerMount): boolean => !asked.some((mount) => mount.target === target);
  const all = [...asked, ...request.volumesFrom.flatMap((text) => mountsFrom(text, host)).filter(isFree)];
  const targets = new Set(all.map(({ target }) => target));
  const own = Object.keys(config.Volumes ?? {})
    .map((target) => path.posix.resolve("/", target))
    .filter((target, index, others) => !targets.has(target) && others.indexOf(target) === index);
  if (own.includes("/")) {
    throw new TsdockError(
      "IMAGE_INVALID",
      `the image ${request.image} has a volume for its whole file system`,
      {
        hint: "correct its VOLUME: it must be a directory below /",
      },
    );
  }
  const anonymous = own.map((target): ContainerMount => {
    return { type: "volume", name: "", anonymous: true, source: "", target, readonly: false };
  });
  return [...all, ...anonymous];
}

/** What `--mount` binds must be there, which it is for. */
function mountOf(text: string, host: Host): ContainerMount {
  const spec = parseMountSpec(text, host.cwd);
  if (spec.type === "tmpfs") return spec;
  const { source, target, readonly } = spec;
  if (spec.type === "volume")
    return { type: "volume", name: source, anonymous: source === "", source: "", target, readonly };
  if (fs.existsSync(source)) return { type: "bind", source, target, readonly };
  throw new TsdockError("MOUNT_SOURCE_MISSING", `--mount ${text}: ${source} is not there`, {
    hint: "correct src, or create what it names; -v creates directories",
  });
}

function sharedMemory({ shmSize }: RunRequest): readonly ContainerMount[] {
  const size = shmSize === undefined ? 0 : parseBytes(shmSize, "shm-size", 0);
  // As docker: none is the usual size.
  if (size === 0) return [];
  return [
    {
      type: "tmpfs",
      target: "/dev/shm",
      options: ["nosuid", "nodev", "noexec", "mode=1777", `size=${size}`],
    },
  ];
}

/** `CONTAINER[:ro|rw]`: its bound directories and volumes. */
function mountsFrom(text: string, host: Host): readonly ContainerMount[] {
  const [, name = "", mode = "rw"] = /^(.+?)(?::(ro|rw))?$/.exec(text) ?? [];
  const mounts = findContainer(storeDirectory(host), name).record()?.mounts ?? [];
  return mounts.flatMap((mount): readonly ContainerMount[] => {
    if (mount.type === "tmpfs") return [];
    const readonly = mount.readonly || mode === "ro";
    // Whose it is, it stays: it does not go with whoever borrows it.
    return [mount.type === "volume" ? { ...mount, anonymous: false, readonly } : { ...mount, readonly }];
  });
}
