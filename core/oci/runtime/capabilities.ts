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

export type Capability = (typeof dockerDefaults)[number];

/** Bit numbers of capabilities(7). */
const numbers: Readonly<Record<Capability, number>> = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_FOWNER: 3,
  CAP_FSETID: 4,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SETPCAP: 8,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_RAW: 13,
  CAP_SYS_CHROOT: 18,
  CAP_MKNOD: 27,
  CAP_AUDIT_WRITE: 29,
  CAP_SETFCAP: 31,
};

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
  return names.filter((name) => (bits >> BigInt(numbers[name])) % 2n === 1n);
}
