import type { ContainerDirectory } from "../run/state/container-directory.ts";
import type { ContainerRecord, ContainerState } from "../run/state/container-record.ts";
import { containerOfNetwork } from "../run/options/container-network.ts";
import type { PortMapping } from "../run/network-contract.ts";
import type { Json } from "../util/json.ts";
import { requireContainer } from "./container-operations.ts";
import type { Host } from "./host.ts";

const zeroTime = "0001-01-01T00:00:00Z";

/** The array that `docker container inspect` prints: the members that mean something here, with docker's names and values. */
export async function inspectContainers(names: readonly string[], host: Host): Promise<readonly Json[]> {
  const found = await Promise.all(names.map((name) => requireContainer(name, host)));
  return found.map(({ container, record }) => inspectOne(container, record));
}

function inspectOne(container: ContainerDirectory, record: ContainerRecord): Json {
  const state = container.state();
  const [Path = "", ...Args] = record.argv;
  return {
    Id: record.id,
    Created: record.created,
    Path,
    Args,
    State: stateJson(state),
    Image: record.image.id,
    ResolvConfPath: `${container.path}/resolv.conf`,
    HostnamePath: `${container.file("root")}/hostname`,
    HostsPath: `${container.path}/hosts`,
    LogPath: container.file("container.log"),
    Name: `/${record.name}`,
    RestartCount: state.restartCount,
    Driver: "overlay",
    Platform: "linux",
    HostConfig: hostConfig(record),
    GraphDriver: { Data: { UpperDir: `${container.file("root")}/upper` }, Name: "overlay" },
    Mounts: record.mounts.flatMap(mountJson),
    Config: configJson(record),
    NetworkSettings: networkJson(record, state),
  };
}

const stateJson = (state: ContainerState): Json => ({
  Status: state.status,
  Running: state.status === "running",
  Paused: false,
  Restarting: state.status === "restarting",
  OOMKilled: state.oomKilled,
  Dead: false,
  Pid: state.pid ?? 0,
  ExitCode: state.exitCode,
  Error: state.error ?? "",
  StartedAt: state.startedAt ?? zeroTime,
  FinishedAt: state.finishedAt ?? zeroTime,
  ...(state.health === undefined
    ? {}
    : {
        Health: {
          Status: state.health.status,
          FailingStreak: state.health.failingStreak,
          Log: state.health.log.map((entry) => ({ ...entry })),
        },
      }),
});

function hostConfig(record: ContainerRecord): Json {
  const { limits, restart } = record;
  return {
    Binds: record.mounts.flatMap((mount) => {
      if (mount.type === "tmpfs" || (mount.type === "volume" && mount.anonymous)) return [];
      const source = mount.type === "volume" ? mount.name : mount.source;
      return [`${source}:${mount.target}${mount.readonly ? ":ro" : ""}`];
    }),
    Dns: record.dns ?? [],
    ExtraHosts: record.extraHosts ?? [],
    LogConfig: { Type: "json-file", Config: {} },
    NetworkMode: record.network,
    PortBindings: portBindings(record.ports),
    RestartPolicy: { Name: restart.name, MaximumRetryCount: restart.maximumRetryCount },
    AutoRemove: record.autoRemove,
    CapAdd: record.capAdd.length === 0 ? null : record.capAdd,
    CapDrop: record.capDrop.length === 0 ? null : record.capDrop,
    GroupAdd: record.groupAdd ?? null,
    Init: record.init,
    Memory: limits.memory ?? 0,
    NanoCpus: limits.nanoCpus ?? 0,
    PidsLimit: limits.pids ?? null,
    ReadonlyRootfs: record.readonlyRoot,
    Runtime: record.runtime ?? "",
    Ulimits: (record.ulimits ?? []).map(({ type, soft, hard }) => ({
      Name: type.slice("RLIMIT_".length).toLowerCase(),
      Hard: hard,
      Soft: soft,
    })),
    Tmpfs: Object.fromEntries(
      record.mounts.flatMap((mount) =>
        mount.type === "tmpfs" ? [[mount.target, mount.options.join(",")]] : [],
      ),
    ),
  };
}

function mountJson(mount: ContainerRecord["mounts"][number]): readonly Json[] {
  if (mount.type === "tmpfs") return [];
  const { source, target, readonly } = mount;
  const common = {
    Source: source,
    Destination: target,
    Mode: readonly ? "ro" : "",
    RW: !readonly,
    Propagation: "",
  };
  return mount.type === "bind"
    ? [{ Type: "bind", ...common, Propagation: "rprivate" }]
    : [{ Type: "volume", Name: mount.name, Driver: "local", ...common }];
}

function configJson(record: ContainerRecord): Json {
  const { config } = record;
  return {
    Hostname: record.hostname,
    Domainname: "",
    User: config.User ?? "",
    AttachStdin: record.attached && record.openStdin,
    AttachStdout: record.attached,
    AttachStderr: record.attached,
    ...(config.ExposedPorts === undefined ? {} : { ExposedPorts: config.ExposedPorts }),
    Tty: record.tty,
    OpenStdin: record.openStdin,
    StdinOnce: record.attached && record.openStdin,
    Env: config.Env ?? [],
    Cmd: config.Cmd ?? null,
    ...(record.healthcheck === undefined ? {} : { Healthcheck: { ...record.healthcheck } }),
    Image: record.image.reference,
    Volumes: config.Volumes ?? null,
    WorkingDir: config.WorkingDir ?? "",
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ?? {},
    StopSignal: record.stopSignal,
    StopTimeout: record.stopTimeout,
  };
}

function networkJson(record: ContainerRecord, { network }: ContainerState): Json {
  const exposed = Object.keys(record.config.ExposedPorts ?? {}).map((port) => [port, null] as const);
  const published = portBindings(network?.ports ?? []);
  const place = {
    Gateway: network?.gateway ?? "",
    IPAddress: network?.address ?? "",
    IPPrefixLen: network?.prefixLength ?? 0,
    MacAddress: network?.macAddress ?? "",
  };
  const ids = { NetworkID: network?.networkId ?? "", EndpointID: network?.endpointId ?? "" };
  const isOwn = containerOfNetwork(record.network) === undefined;
  return {
    Ports: { ...Object.fromEntries(exposed), ...published },
    ...place,
    Networks: isOwn ? { [record.network]: { Aliases: record.aliases ?? [], ...ids, ...place } } : {},
  };
}

function portBindings(ports: readonly PortMapping[]): Readonly<Record<string, Json>> {
  const bindings: Record<string, Json[]> = {};
  for (const { hostAddress, hostPort, containerPort, protocol } of ports) {
    const binding = { HostIp: hostAddress, HostPort: hostPort === 0 ? "" : String(hostPort) };
    (bindings[`${containerPort}/${protocol}`] ??= []).push(binding);
  }
  return bindings;
}
