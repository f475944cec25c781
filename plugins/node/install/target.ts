import type { Platform } from "tsdock/plugin";

/** A platform in the words of Node: `process.platform`, `process.arch`. */
export interface NodeTarget {
  readonly os: string;
  readonly cpu: string;
  readonly libc: "glibc" | "musl";
}

const cpus: Readonly<Record<string, string>> = {
  amd64: "x64",
  "386": "ia32",
  arm64: "arm64",
  arm: "arm",
  ppc64le: "ppc64",
  s390x: "s390x",
  riscv64: "riscv64",
  loong64: "loong64",
};

export const nodeTarget = (platform: Platform, libc: NodeTarget["libc"]): NodeTarget => ({
  os: platform.os,
  cpu: cpus[platform.architecture] ?? platform.architecture,
  libc,
});

export interface Constraints {
  readonly os?: readonly string[] | undefined;
  readonly cpu?: readonly string[] | undefined;
  readonly libc?: readonly string[] | undefined;
}

/** `["linux", "darwin"]`, `["!win32"]`, `["any"]`. */
function allows(list: readonly string[] | undefined, value: string): boolean {
  if (list === undefined || list.length === 0 || (list.length === 1 && list[0] === "any")) return true;
  if (list.includes(`!${value}`)) return false;
  const positive = list.filter((one) => !one.startsWith("!"));
  return positive.length === 0 || positive.includes(value);
}

/** Whether a package is for a platform: npm's `npm-install-checks`. */
export const suits = (target: NodeTarget, { os, cpu, libc }: Constraints): boolean =>
  allows(os, target.os) && allows(cpu, target.cpu) && allows(libc, target.libc);

export const isNative = ({ os, cpu, libc }: Constraints): boolean =>
  [os, cpu, libc].some((list) => (list?.length ?? 0) > 0);
