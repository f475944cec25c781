import { makePipes, openPipes } from "./output-pipes.ts";
import { type OverlayMount, runtimeLog, type StepPlan, setupLog } from "./step-plan.ts";

/** Lines that mount the overlays of a plan, the root's first. */
export const overlayLines = (plan: StepPlan, rootless: boolean): readonly string[] =>
  plan.overlays.map((overlay) => mountOverlay(overlay, rootless));

/** What a script is made for. */
export interface ScriptOptions {
  readonly plan: StepPlan;
  /** Overlayfs keeps its records in attributes of the `user` class: within a user namespace. */
  readonly rootless: boolean;
  /** Bytes of the runtime's configuration, which comes first through the socket. */
  readonly configSize: number;
  /** Whether its output is read through pipes. */
  readonly piped: boolean;
}

export interface RuntimeProgram {
  readonly name: "crun" | "runc";
  /** Absolute. */
  readonly path: string;
}

/**
 * Without `volatile` an unmount syncs the whole file system; where the upper directory is used once, nothing can be lost.
 * `userxattr` turns redirects and metacopy off by itself and does not stand beside the options that say so.
 */
const overlayOptions = "index=off,xino=off";
const modeOptions = { root: "redirect_dir=off,metacopy=off", rootless: "userxattr" } as const;

/**
 * mount(8) since util-linux 2.39 hands options over one by one, and the kernel takes 255 bytes of each: less than the
 * lower directories of many layers. The older call takes a page of options.
 */
export const wholeOptions = "LIBMOUNT_FORCE_MOUNT2=always ";

function mountOverlay({ lower, upper, work, target, durable }: OverlayMount, rootless: boolean): string {
  const directories = `lowerdir=${lower.join(":")},upperdir=${upper},workdir=${work}`;
  const mode = modeOptions[rootless ? "rootless" : "root"];
  const options = durable === true ? overlayOptions : `volatile,${overlayOptions}`;
  return `${wholeOptions}mount -t overlay -o ${directories},${options},${mode} overlay ${target}`;
}

/**
 * The lines that every sandbox begins with: its own mounts, then what must not be seen outside, read from descriptor 3.
 * The first line written to descriptor 3 asks for it; it is answered while the mounts are made. A parent that died
 * answers nothing, and the script ends before it has run anything.
 */
export function setupLines({ plan, rootless, configSize, piped }: ScriptOptions): string[] {
  const files = plan.files.flatMap((file) => [
    `head -c ${file.content.byteLength} <&3 >${file.path}`,
    `chown ${file.uid}:${file.gid} ${file.path}`,
    `chmod ${(file.mode & 0o7777).toString(8)} ${file.path}`,
  ]);
  return [
    "set -e",
    "umask 022",
    `exec 4>&2 2>${setupLog}`,
    ...(piped ? [makePipes] : []),
    "echo >&3",
    "mount -t tmpfs -o mode=0700 tmpfs mem",
    "mkdir mem/bundle mem/state",
    ...overlayLines(plan, rootless),
    ...(configSize === 0 ? [] : [`head -c ${configSize} <&3 >mem/bundle/config.json`]),
    ...files,
    "read -r go <&3",
    ...(piped ? [openPipes] : []),
    "echo >&3",
  ];
}

/** Crun and runc do not know what to do with both kinds of cgroups at once: one of them is taken out of sight. */
export const hideHybridCgroups = (rootless: boolean): string =>
  rootless
    ? "if [ -d /sys/fs/cgroup/unified ]; then mount -t tmpfs tmpfs /sys/fs/cgroup; fi"
    : "if [ -d /sys/fs/cgroup/unified ]; then umount /sys/fs/cgroup/unified; fi";

/** The script of a sandbox whose command an OCI runtime starts. */
export function runtimeScript(options: ScriptOptions, runtime: RuntimeProgram): string {
  const cgroups = runtime.name === "crun" ? "--cgroup-manager=disabled" : "";
  return [
    ...setupLines(options),
    hideHybridCgroups(options.rootless),
    "exec 2>&4 3>&- 4>&-",
    `exec ${quote(runtime.path)} --root "$PWD/mem/state" --log "$PWD/${runtimeLog}" --log-format=json ${cgroups} \\`,
    `  run --no-new-keyring -b mem/bundle ${options.plan.id}`,
  ].join("\n");
}

/** One word of a shell script. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
