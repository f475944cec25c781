import type { Capability } from "./capabilities.ts";
import type { ProcessLimit, SandboxNetwork } from "./sandbox.ts";

/** OCI runtime-spec, config.md#mounts. */
export interface RuntimeMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface RuntimeUser {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

export interface RuntimeProcess {
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: RuntimeUser;
  readonly capabilities: readonly Capability[];
  readonly terminal: boolean;
  readonly rlimits?: readonly ProcessLimit[];
}

export interface RuntimeSpecOptions {
  readonly process: RuntimeProcess;
  /** Absolute path of the mounted root file system. */
  readonly root: string;
  readonly hostname: string;
  readonly mounts: readonly RuntimeMount[];
  readonly network: SandboxNetwork;
  readonly readonlyRoot?: boolean;
  /** Inside a user namespace: sysfs of the host's network cannot be mounted there, only bound. */
  readonly rootless: boolean;
  /** For runtimes that insist on a cgroup. */
  readonly cgroupsPath?: string;
}

/** What docker hides of /proc and /sys. */
export const maskedPaths: readonly string[] = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];

export const readonlyPaths: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

const harmless = ["nosuid", "noexec", "nodev"];

/** The file systems of the kernel that every command has, in the order of mounting. */
export function kernelMounts(
  options: Pick<RuntimeSpecOptions, "network" | "rootless">,
): readonly RuntimeMount[] {
  const sysfs =
    options.rootless && options.network === "host"
      ? { type: "bind", source: "/sys", options: ["rbind", ...harmless, "ro"] }
      : { type: "sysfs", source: "sysfs", options: [...harmless, "ro"] };
  return [
    { destination: "/proc", type: "proc", source: "proc", options: harmless },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: [...harmless, "mode=1777", "size=65536k"],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: harmless },
    { destination: "/sys", ...sysfs },
  ];
}

/**
 * The bundle's `config.json` for one command (OCI runtime-spec, config.md and config-linux.md). No resource limits are
 * set, so those of the caller hold and none is raised above its hard limit; no seccomp profile either, since docker's
 * own is the only one known to break nothing and a shorter one would be worse than none.
 */
export function runtimeSpec(options: RuntimeSpecOptions): object {
  const { process } = options;
  const namespaces = ["pid", "ipc", "uts", "mount", ...(options.network === "none" ? ["network"] : [])];
  return {
    ociVersion: "1.0.2",
    process: runtimeProcess(process),
    root: { path: options.root, readonly: options.readonlyRoot ?? false },
    hostname: options.hostname,
    mounts: [...kernelMounts(options), ...options.mounts],
    linux: {
      namespaces: namespaces.map((type) => ({ type })),
      maskedPaths,
      readonlyPaths,
      ...(options.cgroupsPath === undefined ? {} : { cgroupsPath: options.cgroupsPath }),
    },
  };
}

/** The `process` of a bundle, or of one more command in a container. */
export const runtimeProcess = (process: RuntimeProcess): object => ({
  terminal: process.terminal,
  user: { uid: process.user.uid, gid: process.user.gid, additionalGids: process.user.groups },
  args: process.argv,
  env: process.env,
  cwd: process.cwd,
  capabilities: capabilitySets(process),
  noNewPrivileges: false,
  ...(process.rlimits === undefined ? {} : { rlimits: process.rlimits }),
});

/** The text of a document for a runtime. No limit is 2^64-1 there, which no number of ours can be. */
export const runtimeText = (document: object): string =>
  // A quote within a value has a backslash before it.
  JSON.stringify(document).replaceAll(/"(soft|hard)":-1(?=[,}])/g, `"$1":${2n ** 64n - 1n}`);

/** As docker: only root begins with effective capabilities; set-id programs may reach the bounding set. */
function capabilitySets({ user, capabilities }: RuntimeProcess): object {
  const own = user.uid === 0 ? capabilities : [];
  return { bounding: capabilities, effective: own, permitted: own, inheritable: [], ambient: [] };
}
