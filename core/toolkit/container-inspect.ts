import type { ContainerDirectory } from "../run/state/container-directory.ts";
import type { ContainerRecord, ContainerState } from "../run/state/container-record.ts";
import { containerOfNetwork } from "../run/options/container-network.ts";
import type { Json } from "../util/json.ts";
import { hostConfig, portBindings } from "./container-host-config.ts";
import { requireContainer } from "./container-operations.ts";
import type { Host } from "./host.ts";
import { addressesOf } from "./ports-text.ts";

const zeroTime = "0001-01-01T00:00:00Z";

/**
 * What `docker container inspect` prints of one: the members that mean something here, with docker's names and values. With `size`, how
 * much it wrote. Error `CONTAINER_NOT_FOUND`.
 */
export async function inspectContainer(name: string, size: boolean, host: Host): Promise<Json> {
  const { container, record } = await requireContainer(name, host);
  const document = inspectOne(container, record);
  if (!size) return document;
  const { containerBytes } = await import("./container-sizes.ts");
  const bytes = (await containerBytes([{ container, record }], host)).get(record.id);
  return { ...document, SizeRw: bytes?.written ?? 0, SizeRootFs: bytes?.whole ?? 0 };
}

function inspectOne(
  container: ContainerDirectory,
  record: ContainerRecord,
): { readonly [key: string]: Json } {
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
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "",
    HostConfig: hostConfig(record, state),
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
    ...exposedPorts(record),
    Tty: record.tty,
    OpenStdin: record.openStdin,
    StdinOnce: record.attached && record.openStdin,
    Env: config.Env ?? [],
    Cmd: config.Cmd ?? null,
    ...(record.healthcheck === undefined ? {} : { Healthcheck: { ...record.healthcheck } }),
    Image: record.image.reference,
    Volumes: volumesOf(record),
    WorkingDir: config.WorkingDir ?? "",
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ?? {},
    StopSignal: record.stopSignal,
    StopTimeout: record.stopTimeout,
  };
}

/** What is published is exposed too. */
function exposedPorts({ config, ports }: ContainerRecord): { readonly ExposedPorts?: Json } {
  const published = ports.map(({ containerPort, protocol }) => [`${containerPort}/${protocol}`, {}] as const);
  const all = { ...config.ExposedPorts, ...Object.fromEntries(published) };
  return Object.keys(all).length === 0 ? {} : { ExposedPorts: all };
}

/** An anonymous volume is one of the image's, or one that `-v` asked for in the same way. */
function volumesOf({ config, mounts }: ContainerRecord): Json {
  const anonymous = mounts.flatMap((mount) =>
    mount.type === "volume" && mount.anonymous ? [[mount.target, {}] as const] : [],
  );
  const all = { ...config.Volumes, ...Object.fromEntries(anonymous) };
  return Object.keys(all).length === 0 ? null : all;
}

/** Addresses are of IPv4 only. */
const withoutIpv6 = { IPv6Gateway: "", GlobalIPv6Address: "", GlobalIPv6PrefixLen: 0 };

function networkJson(record: ContainerRecord, { network, pid }: ContainerState): Json {
  const exposed = Object.keys(record.config.ExposedPorts ?? {}).map((port) => [port, null] as const);
  const place = {
    Gateway: network?.gateway ?? "",
    IPAddress: network?.address ?? "",
    IPPrefixLen: network?.prefixLength ?? 0,
    MacAddress: network?.macAddress ?? "",
    ...withoutIpv6,
  };
  const EndpointID = network?.endpointId ?? "";
  const one = {
    IPAMConfig: null,
    Links: null,
    Aliases: aliasesOf(record),
    NetworkID: network?.networkId ?? "",
    EndpointID,
    ...place,
    DriverOpts: null,
  };
  const isOwn = containerOfNetwork(record.network) === undefined;
  return {
    Bridge: "",
    SandboxKey: pid === undefined ? "" : `/proc/${pid}/ns/net`,
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    Ports:
      network === undefined
        ? {}
        : { ...Object.fromEntries(exposed), ...portBindings(network.ports, addressesOf) },
    EndpointID,
    ...place,
    Networks: isOwn ? { [record.network]: one } : {},
  };
}

/** On a network of one's own the beginning of the id is one; docker does not count it on the default network. */
function aliasesOf({ id, network, aliases = [] }: ContainerRecord): Json {
  if (!["bridge", "host", "none"].includes(network)) return [...aliases, id.slice(0, 12)];
  return aliases.length === 0 ? null : aliases;
}
