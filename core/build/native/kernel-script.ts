import { TsdockError } from "../../errors/tsdock-error.ts";
import {
  kernelMounts,
  maskedPaths,
  readonlyPaths,
  type RuntimeMount,
} from "../../oci/runtime/runtime-spec.ts";
import type { HostTools } from "./host-tools.ts";
import { quote, type ScriptOptions, setupLines, wholeOptions } from "./sandbox-script.ts";
import { mergedDirectory, type PlannedMount, type StepPlan } from "./step-plan.ts";

/** Namespaces that a runtime would make. */
export const kernelNamespaces = (plan: StepPlan): readonly string[] => [
  "--ipc",
  "--uts",
  ...(plan.network === "none" ? ["--net"] : []),
];

/** Variables that the dynamic linker of this machine would obey while it starts our programs. */
const unsafe = /^(?:LD_[A-Z_]*|GCONV_PATH|GLIBC_TUNABLES)=/;

/**
 * The command's environment is that of the script, whose programs are named by absolute paths: on command lines it
 * would be seen by everyone. Error `COMMAND_ENV_UNSAFE`.
 */
export function kernelEnvironment(env: readonly string[]): Readonly<Record<string, string>> {
  const found = env.find((line) => unsafe.test(line));
  if (found !== undefined) {
    const name = found.slice(0, found.indexOf("="));
    throw new TsdockError(
      "COMMAND_ENV_UNSAFE",
      `${name} cannot be passed to a command without an OCI runtime`,
      {
        hint: "install crun, or set the variable in the command itself",
      },
    );
  }
  return Object.fromEntries(
    env.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

const deviceNodes = ["null", "zero", "full", "random", "urandom", "tty"];
const deviceLinks: Readonly<Record<string, string>> = {
  fd: "/proc/self/fd",
  stdin: "/proc/self/fd/0",
  stdout: "/proc/self/fd/1",
  stderr: "/proc/self/fd/2",
  ptmx: "pts/ptmx",
};

/**
 * The script of a sandbox without an OCI runtime: the same mounts made by `mount`, the tree moved over the root of the
 * mount namespace, capabilities and user set by `setpriv` and `unshare`. All programs are those of this machine.
 */
export function kernelScript(options: ScriptOptions, tools: HostTools): string {
  const { plan, rootless } = options;
  const program = programs(tools);
  const lines = [
    ...setupLines(options),
    setHostname(plan.hostname),
    ...(plan.network === "none" ? ["ip link set lo up"] : []),
    `cd ${mergedDirectory}`,
    ...kernelMounts({ network: plan.network, rootless }).flatMap(mountKernel),
    ...deviceLines(),
    ...plan.mounts.flatMap(mountPlanned),
    ...maskedPaths.map(mask),
    ...readonlyPaths.map(makeReadonly),
    "mount -n --move . /",
    "exec 2>&4 4>&-",
  ];
  // The line that tells that everything is set up comes last, not after the first mounts.
  const done = lines.lastIndexOf("echo >&3");
  lines.splice(done, 1);
  lines.splice(-1, 0, "echo >&3", "exec 3>&-");
  return [
    `mount=${program.path("mount")}`,
    `hostname=${program.path("hostname")}`,
    ...lines.map(program.absolute),
    startCommand(plan.process, program.path),
  ].join("\n");
}

interface Programs {
  readonly path: (name: string) => string;
  /** A line whose first word is one of our programs, with its absolute path instead. */
  readonly absolute: (line: string) => string;
}

const ourPrograms = new RegExp(`^(${wholeOptions})?(mount|mkdir|mkfifo|head|chown|chmod|touch|ln|ip) `);

function programs(tools: HostTools): Programs {
  const find = (name: string): string => {
    const found = tools.find(name);
    if (found !== undefined) return quote(found);
    throw new TsdockError("EXECUTOR_UNAVAILABLE", `${name} is not installed`, {
      hint: `install crun, or the package that has ${name}`,
    });
  };
  return {
    path: find,
    absolute: (line) =>
      line.replace(
        ourPrograms,
        (_match, before: string | undefined, name: string) => `${before ?? ""}${find(name)} `,
      ),
  };
}

/** The file of /proc belongs to root of the machine, even where the namespace is ours. */
const setHostname = (name: string): string =>
  `{ echo ${quote(name)} >/proc/sys/kernel/hostname; } 2>/dev/null || "$hostname" ${quote(name)}`;

const relative = (target: string): string => quote(`.${target}`);

function mountKernel({ destination, type, source, options }: RuntimeMount): string[] {
  const make = destination.startsWith("/dev/") ? [`mkdir ${relative(destination)}`] : [];
  if (type === "bind") return [...make, ...bind(source, destination, options)];
  return [...make, `mount -t ${type} -o ${options.join(",")} ${source} ${relative(destination)}`];
}

function deviceLines(): string[] {
  const nodes = deviceNodes.flatMap((name) => [
    `touch ./dev/${name}`,
    `mount --bind /dev/${name} ./dev/${name}`,
  ]);
  return [...nodes, ...Object.entries(deviceLinks).map(([name, target]) => `ln -s ${target} ./dev/${name}`)];
}

function mountPlanned({ destination, type, source, options }: PlannedMount): string[] {
  if (type === "bind") return bind(source, destination, options);
  return [`mount -t ${type} -o ${options.join(",")} ${source} ${relative(destination)}`];
}

/** A bind mount takes its flags only when it is mounted again. */
function bind(source: string, destination: string, options: readonly string[]): string[] {
  const flags = options.filter((option) => ["ro", "nosuid", "nodev", "noexec"].includes(option));
  const target = relative(destination);
  const again = flags.length === 0 ? [] : [`mount -o remount,bind,${flags.join(",")} ${target}`];
  return [`mount --rbind ${quote(source)} ${target}`, ...again];
}

/** Files are covered by /dev/null, directories by an empty file system; what this kernel does not have needs nothing. */
function mask(path: string): string {
  const target = relative(path);
  const empty = `"$mount" -t tmpfs -o ro,nosuid,nodev,noexec tmpfs ${target}`;
  return `if [ -d ${target} ]; then ${empty}; elif [ -e ${target} ]; then "$mount" --bind /dev/null ${target}; fi`;
}

function makeReadonly(path: string): string {
  const target = relative(path);
  const again = `"$mount" -o remount,bind,ro,nosuid,nodev,noexec ${target}`;
  return `if [ -e ${target} ]; then "$mount" --bind ${target} ${target}; ${again}; fi`;
}

/**
 * `setpriv` limits what root may get and sets the groups while the process is root still; `unshare`, without any
 * namespace, changes root and directory, then sets the user and executes: 127 where the command is not there, 126 where
 * it cannot be executed.
 */
export function startCommand(process: StepPlan["process"], find: (name: string) => string): string {
  const { uid, gid, groups } = process.user;
  const allowed = process.capabilities.map((name) => `+${name.slice(4).toLowerCase()}`);
  const bounding = ["-all", ...allowed].join(",");
  const supplementary = groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`;
  return [
    `exec ${find("setpriv")} --bounding-set=${bounding} --inh-caps=-all --regid=${gid} ${supplementary}`,
    `${find("unshare")} --root=. --wd=${quote(process.cwd)} ${uid === 0 ? "" : `--setuid=${uid}`} --`,
    process.argv.map(quote).join(" "),
  ].join(" ");
}
