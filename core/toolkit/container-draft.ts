import os from "node:os";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { ImageView } from "../oci/image/image-view.ts";
import type { ContainerConfig } from "../oci/spec/image-config.ts";
import { containerCommand, containerEnvironment } from "../run/container-command.ts";
import type { ContainerDraft } from "../run/create-container.ts";
import { checkUlimits } from "../run/options/check-ulimits.ts";
import { healthSettings } from "../run/options/health-settings.ts";
import { parseCount, parseCpus, parseMemory } from "../run/options/parse-amounts.ts";
import { environmentEntry, readEnvironmentFile } from "../run/options/parse-environment.ts";
import { parseRestart } from "../run/options/parse-restart.ts";
import { parseUlimits } from "../run/options/parse-ulimit.ts";
import { parsePort } from "../run/parse-port.ts";
import { signalNumber } from "../run/signal-numbers.ts";
import { checkCapabilities } from "../run/sandbox/container-capabilities.ts";
import type { PortMapping } from "../run/network-contract.ts";
import type { ResourceLimits } from "../run/state/container-record.ts";
import { draftMounts } from "./draft-mounts.ts";
import { draftNetwork } from "./draft-network.ts";
import type { Host } from "./host.ts";
import type { RunRequest } from "./run-request.ts";

/** Seconds that a container has to end, as docker has it. */
const stopTimeout = 10;

/** What a container will be, without the places of its layers. Errors of every option that cannot be read. */
export function containerDraft(request: RunRequest, view: ImageView, host: Host): ContainerDraft {
  const image = runnableConfig(view);
  const config = containerConfig(request, image, host);
  const stopSignal = request.stopSignal ?? image.StopSignal ?? "SIGTERM";
  signalNumber(stopSignal);
  const restart = parseRestart(request.restart ?? "no");
  if (request.autoRemove && restart.name !== "no") {
    throw new TsdockError("USAGE", "--rm and --restart exclude one another", {
      hint: "leave out one of them",
    });
  }
  checkCapabilities(request.capAdd, "cap-add");
  checkCapabilities(request.capDrop, "cap-drop");
  const ulimits = parseUlimits(request.ulimits);
  checkUlimits(ulimits);
  const healthcheck = healthSettings(image.Healthcheck, request.health);
  return {
    name: request.name,
    ...draftNetwork(request, host),
    image: {
      reference: request.image,
      id: view.manifest.config.digest,
      descriptor: view.descriptor,
      diffIds: view.config.rootfs.diff_ids,
    },
    lower: [],
    config,
    argv: containerCommand(config, { args: [] }),
    tty: request.tty,
    openStdin: request.interactive,
    attached: !request.detach,
    autoRemove: request.autoRemove,
    ports: portsOf(request, config),
    mounts: draftMounts(request, config, host),
    readonlyRoot: request.readonlyRoot,
    init: request.init,
    restart,
    limits: limitsOf(request),
    capAdd: request.capAdd,
    capDrop: request.capDrop,
    ...(request.groupAdd.length === 0 ? {} : { groupAdd: request.groupAdd }),
    ...(ulimits.length === 0 ? {} : { ulimits }),
    stopSignal,
    stopTimeout:
      request.stopTimeout === undefined ? stopTimeout : parseCount(request.stopTimeout, "stop-timeout", -1),
    ...(healthcheck === undefined ? {} : { healthcheck }),
    ...(request.runtime === undefined ? {} : { runtime: request.runtime }),
  };
}

/** What an image says of its containers, without what it says to be none. Error `IMAGE_INVALID` for what no kernel takes. */
function runnableConfig({ config, manifest }: ImageView): ContainerConfig {
  const members = Object.entries(config.config ?? {}).filter(([, value]) => (value as unknown) !== null);
  const whole = Object.fromEntries(members) as ContainerConfig;
  const { Env = [], Entrypoint = [], Cmd = [], User = "", WorkingDir = "", Volumes = {} } = whole;
  const texts = [...Env, ...Entrypoint, ...Cmd, User, WorkingDir, ...Object.keys(Volumes)];
  if (!texts.some((text) => text.includes("\0"))) return whole;
  throw new TsdockError(
    "IMAGE_INVALID",
    `${manifest.config.digest} cannot be run: it has bytes of zero in it`,
    {
      hint: "the image is damaged, or made to do harm",
    },
  );
}

function containerConfig(request: RunRequest, image: ContainerConfig, host: Host): ContainerConfig {
  const { args, entrypoint } = request;
  const files = request.envFiles.flatMap((file) => readEnvironmentFile(file, host.cwd, host.env));
  const given = request.env.flatMap((entry) => environmentEntry(entry, host.env));
  const { Entrypoint: _entrypoint, Cmd: _cmd, ...rest } = image;
  const replaced = entrypoint !== undefined;
  const Entrypoint = replaced ? (entrypoint === "" ? [] : [entrypoint]) : image.Entrypoint;
  const Cmd = args.length > 0 || replaced ? args : image.Cmd;
  return {
    ...rest,
    ...(Entrypoint === undefined || Entrypoint.length === 0 ? {} : { Entrypoint }),
    ...(Cmd === undefined || Cmd.length === 0 ? {} : { Cmd }),
    // What was asked for comes first, as docker has it, and wins.
    Env: containerEnvironment(files, given, image.Env ?? [], files, given),
    ...(request.labels.length === 0 ? {} : { Labels: { ...image.Labels, ...labelsOf(request.labels) } }),
    ...(request.workdir === undefined ? {} : { WorkingDir: absolute(request.workdir) }),
    ...(request.user === undefined ? {} : { User: request.user }),
    ...(request.expose.length === 0
      ? {}
      : { ExposedPorts: { ...image.ExposedPorts, ...exposedBy(request.expose) } }),
  };
}

function absolute(directory: string): string {
  if (directory.startsWith("/")) return directory;
  throw new TsdockError("USAGE", `--workdir ${directory} is no absolute path`, {
    hint: `write --workdir ${path.posix.join("/", directory)}`,
  });
}

const labelsOf = (labels: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    labels.map((text) => {
      const [name = ""] = text.split("=", 1);
      if (name === "")
        throw new TsdockError("LABEL_INVALID", `--label ${text} has no name`, { hint: "write NAME=VALUE" });
      return [name, text.slice(name.length + 1)];
    }),
  );

const exposedBy = (ports: readonly string[]): NonNullable<ContainerConfig["ExposedPorts"]> =>
  Object.fromEntries(
    ports.flatMap(parsePort).map(({ containerPort, protocol }) => [`${containerPort}/${protocol}`, {}]),
  );

/** `-p`, and with `-P` every port that the image exposes and nobody published. */
function portsOf(request: RunRequest, config: ContainerConfig): readonly PortMapping[] {
  const published = request.publish.flatMap(parsePort);
  if (!request.publishAll) return published;
  const exposed = Object.keys(config.ExposedPorts ?? {}).flatMap(parsePort);
  const isPublished = ({ containerPort, protocol }: PortMapping): boolean =>
    published.some((port) => port.containerPort === containerPort && port.protocol === protocol);
  return [...published, ...exposed.filter((port) => !isPublished(port))];
}

/** As docker: zero is no limit. */
const isNone = (text: string | undefined): text is undefined =>
  text === undefined || /^0+(?:\.0*)?[bkmgt]?$/i.test(text);

function limitsOf({ memory, cpus, pidsLimit }: RunRequest): ResourceLimits {
  const pids = pidsLimit === undefined ? undefined : parseCount(pidsLimit, "pids-limit", -1);
  return {
    ...(isNone(memory) ? {} : { memory: parseMemory(memory) }),
    ...(isNone(cpus) ? {} : { nanoCpus: parseCpus(cpus, os.availableParallelism()) }),
    ...(pids === undefined || pids <= 0 ? {} : { pids }),
  };
}
