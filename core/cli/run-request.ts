import type { RunRequest } from "../toolkit/run-request.ts";
import type { ParsedOptions } from "./command.ts";
import { commaList, flagOption, listOption, textOption } from "./options.ts";

/** The container that is asked for: `args` are the image and what replaces its CMD. */
export function runRequest(options: ParsedOptions, args: readonly string[]): RunRequest {
  const [image = "", ...command] = args;
  const text = (name: string): string | undefined => textOption(options, name);
  const flag = (name: string): boolean => flagOption(options, name);
  const list = (name: string): readonly string[] => listOption(options, name);
  return {
    image,
    args: command,
    name: text("name"),
    detach: flag("detach"),
    interactive: flag("interactive"),
    tty: flag("tty"),
    autoRemove: flag("rm"),
    env: list("env"),
    envFiles: list("envFile"),
    volumes: list("volume"),
    tmpfs: list("tmpfs"),
    mounts: list("mount"),
    volumesFrom: list("volumesFrom"),
    shmSize: text("shmSize"),
    network: text("network") ?? text("net"),
    networkAliases: list("networkAlias"),
    extraHosts: list("addHost"),
    dns: list("dns"),
    publish: list("publish"),
    publishAll: flag("publishAll"),
    expose: list("expose"),
    workdir: text("workdir"),
    user: text("user"),
    entrypoint: text("entrypoint"),
    hostname: text("hostname"),
    labels: list("label"),
    readonlyRoot: flag("readOnly"),
    memory: text("memory"),
    cpus: text("cpus"),
    pidsLimit: text("pidsLimit"),
    capAdd: list("capAdd"),
    capDrop: list("capDrop"),
    groupAdd: list("groupAdd"),
    ulimits: list("ulimit"),
    init: flag("init"),
    restart: text("restart"),
    stopSignal: text("stopSignal"),
    stopTimeout: text("stopTimeout"),
    health: {
      // Commander stores `--no-healthcheck` as `healthcheck`.
      disabled: options["healthcheck"] === false,
      command: text("healthCmd"),
      interval: text("healthInterval"),
      timeout: text("healthTimeout"),
      startPeriod: text("healthStartPeriod"),
      retries: text("healthRetries"),
    },
    runtime: text("runtime"),
    pull: text("pull"),
    cidFile: text("cidfile"),
    platform: commaList(options, "platform")[0],
  };
}
