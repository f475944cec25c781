/** What docker gives a container. */
const dockerDefaults = [
  "CAP_AUDIT_WRITE",
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_MKNOD",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_CHROOT",
] as const;

/** All of them by their bit numbers, from 0: capabilities(7). */
const all = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
] as const;

export type Capability = (typeof all)[number];

/** The capability of a name with or without `CAP_`, in any case; `ALL` is all of them, undefined is none that exists. */
export function capabilitiesNamed(text: string): readonly Capability[] | undefined {
  const name = text.toUpperCase();
  if (name === "ALL") return all;
  const found = all.find((one) => one === name || one === `CAP_${name}`);
  return found === undefined ? undefined : [found];
}

/**
 * Docker's default set without `CAP_MKNOD`: commands run without a device cgroup, and whoever may make device nodes
 * there may read the disks of this machine. FIFOs and sockets need no capability.
 */
export const sandboxCapabilities: readonly Capability[] = dockerDefaults.filter(
  (name) => name !== "CAP_MKNOD",
);

/** The capabilities of a list that a bounding set has (`CapBnd` of proc(5), hexadecimal): no more can be given. */
export function withinBoundingSet(names: readonly Capability[], boundingSet: string): readonly Capability[] {
  const bits = BigInt(`0x${boundingSet}`);
  return names.filter((name) => (bits >> BigInt(all.indexOf(name))) % 2n === 1n);
}
