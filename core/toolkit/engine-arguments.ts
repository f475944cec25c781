import os from "node:os";
import { TsdockError } from "../errors/tsdock-error.ts";
import { parseVolumeSpec } from "../run/options/parse-mount.ts";
import type { Host } from "./host.ts";
import type { RunRequest } from "./run-request.ts";

/** The options of `docker run` and `podman run` that mean what was asked for: the names are the same. Error `USAGE`. */
export function engineArguments(request: RunRequest, host: Host): readonly string[] {
  if (request.runtime !== undefined) {
    throw new TsdockError("USAGE", `--runtime ${request.runtime} is none of the engine's`, {
      hint: "leave out --runtime or --engine",
    });
  }
  const { health } = request;
  return [
    ...flags(request),
    ...values({
      name: request.name,
      network: request.network,
      workdir: request.workdir,
      user: request.user,
      entrypoint: request.entrypoint,
      "shm-size": request.shmSize,
      cidfile: request.cidFile,
      hostname: request.hostname,
      memory: request.memory,
      cpus: request.cpus,
      "pids-limit": request.pidsLimit,
      restart: request.restart,
      "stop-signal": request.stopSignal,
      "stop-timeout": request.stopTimeout,
      "health-cmd": health.command,
      "health-interval": health.interval,
      "health-timeout": health.timeout,
      "health-start-period": health.startPeriod,
      "health-retries": health.retries,
    }),
    ...many({
      env: request.env,
      "env-file": request.envFiles,
      volume: request.volumes.map((text) => wholeVolume(text, host)),
      tmpfs: request.tmpfs,
      mount: request.mounts,
      "volumes-from": request.volumesFrom,
      "network-alias": request.networkAliases,
      "add-host": request.extraHosts,
      dns: request.dns,
      expose: request.expose,
      publish: request.publish,
      label: request.labels,
      "cap-add": request.capAdd,
      "cap-drop": request.capDrop,
      "group-add": request.groupAdd,
      ulimit: request.ulimits,
    }),
  ];
}

function flags(request: RunRequest): readonly string[] {
  const given = {
    detach: request.detach,
    interactive: request.interactive,
    tty: request.tty,
    rm: request.autoRemove,
    init: request.init,
    "publish-all": request.publishAll,
    "read-only": request.readonlyRoot,
    "no-healthcheck": request.health.disabled,
  };
  return Object.entries(given).flatMap(([name, isGiven]) => (isGiven ? [`--${name}`] : []));
}

const values = (given: Readonly<Record<string, string | undefined>>): readonly string[] =>
  Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));

const many = (given: Readonly<Record<string, readonly string[]>>): readonly string[] =>
  Object.entries(given).flatMap(([name, list]) => list.map((value) => `--${name}=${value}`));

/** Not every version of the engines reads paths that are relative, or in somebody's home. */
function wholeVolume(text: string, { cwd, env }: Host): string {
  const { kind, source, target, readonly } = parseVolumeSpec(text, cwd, env["HOME"] ?? os.homedir());
  if (kind !== "bind") return text;
  return `${source}:${target}${readonly ? ":ro" : ""}`;
}
