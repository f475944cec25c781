import os from "node:os";

/** A platform as in an image index; GOOS and GOARCH names. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

const architectures: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "386",
  arm64: "arm64",
  arm: "arm",
  ppc64: "ppc64le",
  s390x: "s390x",
  riscv64: "riscv64",
  loong64: "loong64",
};

/** Other names of one architecture, as containerd normalises them. */
const aliases: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  i386: "386",
  armhf: "arm/v7",
  armel: "arm/v6",
};

const systems = new Set(
  "linux windows darwin freebsd netbsd openbsd dragonfly solaris illumos aix plan9 wasip1 js".split(" "),
);
const processors = new Set(
  "386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x wasm".split(" "),
);

/** Whether Go, and so every registry, has a system and an architecture of these names: others are slips of the pen. */
export const isKnownPlatform = ({ os: system, architecture }: Platform): boolean =>
  systems.has(system) && processors.has(architecture);

/** The architectures that there are, for hints. */
export const knownArchitectures: readonly string[] = [...processors];

/** Reads `os/arch[/variant]` or a bare architecture; undefined where the text is neither. */
export function parsePlatform(text: string): Platform | undefined {
  const parts = text.split("/");
  if (parts.length === 1) parts.unshift("linux");
  const [osName = "", arch = "", given] = parts;
  if (parts.length > 3 || ![osName, arch, given ?? "x"].every((part) => /^[A-Za-z0-9_.-]+$/.test(part)))
    return undefined;
  const [architecture = arch, implied] = (aliases[arch.toLowerCase()] ?? arch.toLowerCase()).split("/");
  const variant = given ?? implied;
  const plain =
    (architecture === "arm64" && variant === "v8") || (architecture === "amd64" && variant === "v1");
  return { os: osName.toLowerCase(), architecture, ...(variant === undefined || plain ? {} : { variant }) };
}

export const formatPlatform = (platform: Platform): string =>
  [platform.os, platform.architecture, platform.variant].filter((part) => part !== undefined).join("/");

/** What this machine runs. Images are linux images wherever they are built. */
export const hostPlatform = (): Platform => ({
  os: "linux",
  architecture: architectures[os.arch()] ?? os.arch(),
  ...(os.arch() === "arm" ? { variant: "v7" } : {}),
});

export const samePlatform = (a: Platform, b: Platform): boolean => formatPlatform(a) === formatPlatform(b);
