import { maskedPaths, readonlyPaths } from "../oci/runtime/runtime-spec.ts";
import type { PortMapping } from "../run/network-contract.ts";
import type { ContainerRecord, ContainerState } from "../run/state/container-record.ts";
import type { Json } from "../util/json.ts";

/** What docker's containers may have and ours never do. */
const withoutOptions: Readonly<Record<string, Json>> = {
  Isolation: "",
  IpcMode: "private",
  PidMode: "",
  UTSMode: "",
  UsernsMode: "",
  Cgroup: "",
  CgroupParent: "",
  Privileged: false,
  SecurityOpt: null,
  VolumeDriver: "",
  Links: null,
  DnsOptions: [],
  DnsSearch: [],
  Devices: [],
  DeviceCgroupRules: null,
  DeviceRequests: null,
  OomScoreAdj: 0,
  OomKillDisable: false,
  CpuShares: 0,
  CpuPeriod: 0,
  CpuQuota: 0,
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  CpusetCpus: "",
  CpusetMems: "",
  CpuCount: 0,
  CpuPercent: 0,
  BlkioWeight: 0,
  BlkioWeightDevice: [],
  BlkioDeviceReadBps: [],
  BlkioDeviceWriteBps: [],
  BlkioDeviceReadIOps: [],
  BlkioDeviceWriteIOps: [],
  IOMaximumIOps: 0,
  IOMaximumBandwidth: 0,
  MemoryReservation: 0,
  MemorySwappiness: null,
  ConsoleSize: [0, 0],
};

/** `HostConfig` of `docker inspect`: how a container was asked for. */
export function hostConfig(record: ContainerRecord, { runtime }: ContainerState): Json {
  const { limits, restart } = record;
  return {
    Binds: binds(record),
    Dns: record.dns ?? [],
    ExtraHosts: record.extraHosts ?? [],
    LogConfig: { Type: "json-file", Config: {} },
    NetworkMode: record.network,
    PortBindings: portBindings(record.ports, (address) => [address]),
    RestartPolicy: { Name: restart.name, MaximumRetryCount: restart.maximumRetryCount },
    AutoRemove: record.autoRemove,
    CapAdd: capabilities(record.capAdd),
    CapDrop: capabilities(record.capDrop),
    GroupAdd: record.groupAdd ?? null,
    Init: record.init,
    Memory: limits.memory ?? 0,
    MemorySwap: (limits.memory ?? 0) * 2,
    NanoCpus: limits.nanoCpus ?? 0,
    PidsLimit: limits.pids ?? null,
    ReadonlyRootfs: record.readonlyRoot,
    Runtime: runtime?.name ?? record.runtime ?? "",
    ShmSize: sharedMemory(record),
    Ulimits: (record.ulimits ?? []).map(({ type, soft, hard }) => ({
      Name: type.slice("RLIMIT_".length).toLowerCase(),
      Hard: hard,
      Soft: soft,
    })),
    ...tmpfs(record),
    MaskedPaths: maskedPaths,
    ReadonlyPaths: readonlyPaths,
    ...withoutOptions,
  };
}

function binds({ mounts }: ContainerRecord): Json {
  const texts = mounts.flatMap((mount) => {
    if (mount.type === "tmpfs" || (mount.type === "volume" && mount.anonymous)) return [];
    const source = mount.type === "volume" ? mount.name : mount.source;
    return [`${source}:${mount.target}${mount.readonly ? ":ro" : ""}`];
  });
  return texts.length === 0 ? null : texts;
}

const capabilities = (names: readonly string[]): Json =>
  names.length === 0 ? null : names.map((name) => name.toUpperCase().replace(/^(?!CAP_|ALL$)/, "CAP_"));

const sharedPlace = "/dev/shm";
const usualSharedMemory = 64 * 2 ** 20;

function sharedMemory({ mounts }: ContainerRecord): number {
  const options = mounts.flatMap((mount) =>
    mount.type === "tmpfs" && mount.target === sharedPlace ? mount.options : [],
  );
  const size = options.find((option) => option.startsWith("size="))?.slice("size=".length);
  return size === undefined ? usualSharedMemory : Number(size);
}

function tmpfs({ mounts }: ContainerRecord): { readonly Tmpfs?: Json } {
  const entries = mounts.flatMap((mount) =>
    mount.type === "tmpfs" && mount.target !== sharedPlace ? [[mount.target, mount.options.join(",")]] : [],
  );
  return entries.length === 0 ? {} : { Tmpfs: Object.fromEntries(entries) as Json };
}

/** By port of the container, with the addresses that `addressesOf` makes of the one that was given. */
export function portBindings(
  ports: readonly PortMapping[],
  addressesOf: (hostAddress: string) => readonly string[],
): Readonly<Record<string, Json>> {
  const bindings: Record<string, Json[]> = {};
  for (const { hostAddress, hostPort, containerPort, protocol } of ports) {
    for (const HostIp of addressesOf(hostAddress)) {
      const binding = { HostIp, HostPort: hostPort === 0 ? "" : String(hostPort) };
      (bindings[`${containerPort}/${protocol}`] ??= []).push(binding);
    }
  }
  return bindings;
}
