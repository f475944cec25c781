/** Architectures by their GOARCH names. */
export type Architecture =
  | "amd64"
  | "arm64"
  | "386"
  | "arm"
  | "ppc64le"
  | "s390x"
  | "riscv64"
  | "loong64"
  | "mips64le";

/** `linux/amd64`, `linux/arm/v7`. */
export type PlatformText =
  | `linux/${Architecture}`
  | `linux/arm/${"v5" | "v6" | "v7"}`
  | "linux/arm64/v8"
  | `linux/amd64/${"v1" | "v2" | "v3" | "v4"}`;

type PortNumber = `${number}` | `${number}-${number}`;

/** `80`, `"53/udp"`, `"8000-8010/tcp"`. */
export type Port = number | PortNumber | `${PortNumber}/${"tcp" | "udp" | "sctp"}`;

type Unit = "ns" | "us" | "ms" | "s" | "m" | "h";

/** `"30s"`, `"1m30s"`, `"500ms"`, as Go reads durations. */
export type Duration =
  | `${number}${Unit}`
  | `${number}h${number}m`
  | `${number}m${number}s`
  | `${number}h${number}m${number}s`;

type OctalDigit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7";
type Permissions = `${OctalDigit}${OctalDigit}${OctalDigit}`;

/** Permission bits in octal, as `chmod` takes them: `"755"`, `"0644"`, `"1777"`. Text, since the number `755` is not the mode 755. */
export type ModeText = Permissions | `${OctalDigit}${Permissions}`;

/** `user[:group]` by name or number, as `chown` takes it. */
export type Owner = string;

/** Bytes: a number, or text with a binary unit (`"64m"` is 64 MiB). */
export type Size = number | `${number}${"k" | "m" | "g"}`;

export type SignalName =
  | `SIG${
      | "ABRT"
      | "ALRM"
      | "BUS"
      | "CHLD"
      | "CONT"
      | "FPE"
      | "HUP"
      | "ILL"
      | "INT"
      | "IO"
      | "KILL"
      | "PIPE"
      | "POLL"
      | "PROF"
      | "PWR"
      | "QUIT"
      | "SEGV"
      | "STKFLT"
      | "STOP"
      | "SYS"
      | "TERM"
      | "TRAP"
      | "TSTP"
      | "TTIN"
      | "TTOU"
      | "URG"
      | "USR1"
      | "USR2"
      | "VTALRM"
      | "WINCH"
      | "XCPU"
      | "XFSZ"}`
  | "SIGRTMIN"
  | "SIGRTMAX"
  | `SIGRTMIN+${number}`
  | `SIGRTMAX-${number}`;

/** A name, or a number from 1 to 64. */
export type Signal = SignalName | number;

/** A list with something in it. */
export type Some<T> = readonly [T, ...T[]];

/** Text runs in the image's shell; a list is executed as it is. */
export type Command = string | Some<string>;

/** What `env`, `label` and the like take; numbers are written in decimal. */
export type TextValue = string | number;
