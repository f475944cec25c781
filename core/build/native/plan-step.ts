import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { type ByteString, fromByteString, toByteString } from "../../oci/layer/entry.ts";
import type { Capability } from "../../oci/runtime/capabilities.ts";
import { kernelMounts } from "../../oci/runtime/runtime-spec.ts";
import type { SandboxCommand, SandboxMount } from "../../oci/runtime/sandbox.ts";
import { LowerTree, type TreeMemory } from "./lower-tree.ts";
import { planProcess } from "./plan-process.ts";
import { settleOwner } from "./settle-owner.ts";
import { PatchDirectory } from "./patch-directory.ts";
import {
  type MemoryFile,
  memoryDirectory,
  mergedDirectory,
  type OverlayMount,
  type PlannedMount,
  type StepPlan,
  upperDirectory,
} from "./step-plan.ts";

export interface PlanOptions {
  /** Absolute, existing and empty. */
  readonly directory: string;
  readonly capabilities: readonly Capability[];
  readonly terminal: boolean;
  /** Mounts of our own, such as resolv.conf; one of the command's on the same target wins. */
  readonly ownMounts: readonly SandboxMount[];
  readonly rootless: boolean;
  /** The directory may hold an `upper` of an earlier run: what it changed is there again, and stays. */
  readonly keep?: boolean;
  /** Of earlier commands on the same snapshots. */
  readonly memory?: TreeMemory | undefined;
}

/** The lowest directory of a stack that has none: its root is that of an empty image. */
const patchName = "patch";

/**
 * Settles everything about a command that can be known before it starts, and makes the directories and links in the
 * step's directory that the script mounts. Synchronous.
 * Errors `USER_UNKNOWN`, `TREE_LINK_LOOP`, `MOUNT_SOURCE_MISSING`, `MOUNT_REFUSED`, `EXECUTOR_FAILED`.
 */
export function planStep(command: SandboxCommand, options: PlanOptions): StepPlan {
  const changed = path.join(options.directory, upperDirectory);
  const isAgain = options.keep === true && fs.existsSync(changed);
  const tree = isAgain
    ? new LowerTree([...command.lower, changed])
    : new LowerTree(command.lower, options.memory);
  const mounts = planMounts(command, options);
  const { upper, overlay, cwd } = planRoot(command, options, tree, mounts.mounts);
  return {
    id: command.id,
    directory: options.directory,
    upper,
    overlays: [overlay, ...mounts.overlays],
    files: mounts.files,
    mounts: mounts.mounts.map((mount) => ({
      ...mount,
      destination: placeOf(mount, tree),
    })),
    process: planProcess(command, options, tree, cwd),
    hostname: command.hostname,
    network: command.network,
  };
}

/** Links followed. What lies over files of /proc misleads the runtime itself (CVE-2019-16884). Error `MOUNT_REFUSED`. */
function placeOf({ destination }: PlannedMount, tree: LowerTree): string {
  const place = textOf(tree.resolve(toByteString(destination)).path);
  if (place !== "/proc" && !place.startsWith("/proc/")) return place;
  throw new TsdockError("MOUNT_REFUSED", `${destination} is in /proc, where nothing can be mounted`, {
    hint: "mount it elsewhere; a VOLUME of the image there must be taken out of it",
  });
}

const textOf = (bytes: ByteString): string => fromByteString(bytes);

function planRoot(
  command: SandboxCommand,
  { directory, ...options }: PlanOptions,
  tree: LowerTree,
  mounts: readonly PlannedMount[],
): { readonly upper: string; readonly overlay: OverlayMount; readonly cwd: string } {
  const upper = path.join(directory, upperDirectory);
  const isNew = !fs.existsSync(upper);
  if (isNew) makeDirectory(directory, upperDirectory);
  for (const name of ["work", mergedDirectory, memoryDirectory]) makeDirectory(directory, name);
  const patch = new PatchDirectory(makeDirectory(directory, patchName), tree);
  for (const { destination } of kernelMounts({ ...command, ...options })) {
    if (!destination.startsWith("/dev/")) patch.add(tree.resolve(destination), "directory");
  }
  for (const mount of mounts) patch.add(tree.resolve(toByteString(mount.destination)), mount.kind);
  patch.close();
  const changes = isNew ? new PatchDirectory(upper, tree) : undefined;
  const cwd = tree.resolve(toByteString(command.cwd === "" ? "/" : command.cwd));
  if (!isWithin(textOf(cwd.path), mounts)) changes?.add(cwd, "directory");
  changes?.close();
  const lower = linkLower(directory, command.lower, "");
  if (!patch.isEmpty || lower.length === 0) lower.unshift(patchName);
  return {
    upper,
    overlay: {
      lower,
      upper: upperDirectory,
      work: "work",
      target: mergedDirectory,
      durable: options.keep ?? false,
    },
    cwd: textOf(cwd.path),
  };
}

/** Whether a path lies in something that is mounted: there the root file system is not seen. */
const isWithin = (file: string, mounts: readonly PlannedMount[]): boolean =>
  ["/proc", "/sys", "/dev", ...mounts.map((mount) => mount.destination)].some(
    (target) => file === target || file.startsWith(`${target}/`),
  );

/** Bytes of mount options that lower directories may take: the kernel takes 4 KiB of all. */
const longestLower = 3500;
/** What no program on the way takes for something else. */
const plainName = /^[\w./-]+$/;

/** Names for snapshots in mount options, topmost first: relative, or short links where those would be too long. */
function linkLower(directory: string, lower: readonly string[], prefix: string): string[] {
  const places = new Map<string, string>();
  const names = lower.map((snapshot) => {
    const parent = path.dirname(path.resolve(snapshot));
    const place = places.get(parent) ?? path.relative(directory, parent);
    places.set(parent, place);
    return `${place}/${path.basename(snapshot)}`;
  });
  const isShort = names.join(":").length <= longestLower && names.every((name) => plainName.test(name));
  if (isShort) return names.reverse();
  return lower
    .map((snapshot, index) => {
      const name = `${prefix}${index.toString(36)}`;
      fs.symlinkSync(path.resolve(snapshot), path.join(directory, name));
      return name;
    })
    .reverse();
}

function makeDirectory(parent: string, name: string): string {
  const directory = path.join(parent, name);
  fs.mkdirSync(directory);
  fs.chmodSync(directory, 0o755);
  return directory;
}

interface PlannedMounts {
  readonly mounts: PlannedMount[];
  readonly overlays: OverlayMount[];
  readonly files: MemoryFile[];
}

/** Outer targets before those within them. */
function planMounts(command: SandboxCommand, { directory, ownMounts }: PlanOptions): PlannedMounts {
  const targets = new Set(command.mounts.map((mount) => path.posix.normalize(mount.target)));
  const all = [...ownMounts.filter((mount) => !targets.has(mount.target)), ...command.mounts];
  const depth = (mount: SandboxMount): number => mount.target.split("/").filter((part) => part !== "").length;
  const planned: PlannedMounts = { mounts: [], overlays: [], files: [] };
  for (const mount of all.sort((a, b) => depth(a) - depth(b)))
    planned.mounts.push(planMount(mount, directory, planned));
  return planned;
}

function planMount(mount: SandboxMount, directory: string, planned: PlannedMounts): PlannedMount {
  const destination = path.posix.normalize(mount.target);
  const bind = (source: string, kind: PlannedMount["kind"], readonly: boolean): PlannedMount => ({
    destination,
    type: "bind",
    source,
    options: ["rbind", "rprivate", ...(readonly ? ["ro"] : [])],
    kind,
  });
  switch (mount.type) {
    case "bind": {
      const kind = kindOf(mount.source, mount.target);
      settleOwner(mount);
      return bind(mount.source, kind, mount.readonly);
    }
    case "tmpfs": {
      const size = mount.size === undefined ? [] : [`size=${mount.size}`];
      return {
        destination,
        type: "tmpfs",
        source: "tmpfs",
        options: mount.options ?? ["nosuid", "nodev", "mode=1777", ...size],
        kind: "directory",
      };
    }
    case "file": {
      const name = `${memoryDirectory}/file${planned.files.length}`;
      planned.files.push({ ...mount, path: name });
      return bind(path.join(directory, name), "file", true);
    }
    case "tree":
      return planTree(mount, directory, planned, bind);
  }
}

function planTree(
  mount: Extract<SandboxMount, { type: "tree" }>,
  directory: string,
  planned: PlannedMounts,
  bind: (source: string, kind: PlannedMount["kind"], readonly: boolean) => PlannedMount,
): PlannedMount {
  const name = `tree${planned.overlays.length}`;
  const found = new LowerTree(mount.lower).resolve(toByteString(mount.path));
  if (found.file === undefined) throw missing(mount.path, mount.target);
  for (const suffix of ["", ".upper", ".work"]) makeDirectory(directory, name + suffix);
  planned.overlays.push({
    lower: linkLower(directory, mount.lower, `${name}.`),
    upper: `${name}.upper`,
    work: `${name}.work`,
    target: name,
  });
  const kind = found.file.type === "directory" ? "directory" : "file";
  return bind(path.join(directory, name, textOf(found.path)), kind, mount.readonly);
}

function kindOf(source: string, target: string): PlannedMount["kind"] {
  const stats = fs.statSync(source, { throwIfNoEntry: false });
  if (stats === undefined) throw missing(source, target);
  return stats.isDirectory() ? "directory" : "file";
}

const missing = (source: string, target: string): TsdockError =>
  new TsdockError("MOUNT_SOURCE_MISSING", `${source} is to be mounted at ${target} and is not there`, {
    hint: "correct the path, or create what it names",
  });
