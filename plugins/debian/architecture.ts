import { formatPlatform, type Platform, TsdockError } from "tsdock/plugin";

const names: Readonly<Record<string, string>> = {
  "386": "i386",
  ppc64le: "ppc64el",
  mips64le: "mips64el",
  loong64: "loong64",
  amd64: "amd64",
  arm64: "arm64",
  s390x: "s390x",
  riscv64: "riscv64",
};

/** Debian's name of a platform's architecture. Error `UNSUPPORTED`. */
export function debianArchitecture(platform: Platform): string {
  const name =
    platform.architecture === "arm"
      ? platform.variant === "v7" || platform.variant === undefined
        ? "armhf"
        : "armel"
      : names[platform.architecture];
  if (name !== undefined && platform.os === "linux") return name;
  throw new TsdockError("UNSUPPORTED", `Debian has no architecture for ${formatPlatform(platform)}`);
}
