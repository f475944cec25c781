import fs from "node:fs";
import path from "node:path";
import { cgroupParent } from "../../build/native/state-directory.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { ResourceLimits } from "../state/container-record.ts";

const systemRoot = "/sys/fs/cgroup";
const periodUs = 100_000;
/** Of the first version: what limits and what counts. */
const controllers = ["cpu", "cpuacct", "memory", "pids", "blkio"] as const;

/** Of the second version. */
const unifiedControllers: readonly string[] = ["cpu", "memory", "pids", "io"];

type Controller = (typeof controllers)[number];

/** Whether there is only the second version of cgroups(7). */
const isUnified = (root: string): boolean => fs.existsSync(path.join(root, "cgroup.controllers"));

/** Directories of a container's cgroups by controller: one for all in the second version. `root` is where they are mounted. */
export function cgroupDirectories(
  id: string,
  root: string = systemRoot,
): Readonly<Partial<Record<Controller | "unified", string>>> {
  const name = id.slice(0, 12);
  if (isUnified(root)) return { unified: path.join(root, cgroupParent, name) };
  const present = controllers.filter((controller) => fs.existsSync(path.join(root, controller)));
  return Object.fromEntries(present.map((one) => [one, path.join(root, one, cgroupParent, name)]));
}

/**
 * Makes the cgroups of a container and sets its limits; gives the files by which processes enter. Where none can be made
 * there are none, unless a limit needs them. Error `LIMIT_UNAVAILABLE`.
 */
export async function makeCgroups(
  id: string,
  limits: ResourceLimits,
  root: string = systemRoot,
): Promise<readonly string[]> {
  const wantsLimit = Object.keys(limits).length > 0;
  const directories = cgroupDirectories(id, root);
  try {
    if (directories.unified !== undefined) enableControllers(root);
    for (const directory of Object.values(directories)) fs.mkdirSync(directory, { recursive: true });
    for (const [file, value] of settings(directories, limits)) fs.writeFileSync(file, value);
    const made = Object.values(directories);
    if (wantsLimit && made.length === 0) throw new Error("this system has no cgroups");
    return made.map((directory) => path.join(directory, "cgroup.procs"));
  } catch (error) {
    await removeCgroups(id, root);
    if (!wantsLimit) return [];
    throw unavailable(error as Error);
  }
}

/** One that this kernel lacks (cgroup_disable=memory) must not cost the others: all of a line are enabled or none. */
function enableControllers(root: string): void {
  fs.mkdirSync(path.join(root, cgroupParent), { recursive: true });
  const present = fs.readFileSync(path.join(root, "cgroup.controllers"), "utf8").trim().split(/\s+/);
  const line = unifiedControllers.filter((name) => present.includes(name)).map((name) => `+${name}`);
  if (line.length === 0) return;
  for (const directory of [root, path.join(root, cgroupParent)])
    fs.writeFileSync(path.join(directory, "cgroup.subtree_control"), line.join(" "));
}

function settings(
  directories: ReturnType<typeof cgroupDirectories>,
  { memory, nanoCpus, pids }: ResourceLimits,
): readonly (readonly [file: string, value: string])[] {
  const { unified } = directories;
  const place = (controller: Controller, file: string): string => {
    const directory = unified ?? directories[controller];
    const isThere = unified === undefined || fs.existsSync(path.join(unified, file));
    if (directory === undefined || !isThere) throw new Error(`the controller ${controller} is not there`);
    return path.join(directory, file);
  };
  const quota = nanoCpus === undefined ? undefined : String(Math.round((nanoCpus / 1e9) * periodUs));
  const result: (readonly [string, string])[] = [];
  if (memory !== undefined && unified !== undefined) {
    result.push([place("memory", "memory.max"), String(memory)]);
    const swap = path.join(unified, "memory.swap.max");
    // What is swapped out counts by itself there.
    if (fs.existsSync(swap)) result.push([swap, String(memory)]);
  }
  if (memory !== undefined && unified === undefined) {
    result.push([place("memory", "memory.limit_in_bytes"), String(memory)]);
    const swap = place("memory", "memory.memsw.limit_in_bytes");
    // Docker's default: as much swap as memory.
    if (fs.existsSync(swap)) result.push([swap, String(memory * 2)]);
  }
  if (quota !== undefined && unified !== undefined)
    result.push([place("cpu", "cpu.max"), `${quota} ${periodUs}`]);
  if (quota !== undefined && unified === undefined) {
    result.push(
      [place("cpu", "cpu.cfs_period_us"), String(periodUs)],
      [place("cpu", "cpu.cfs_quota_us"), quota],
    );
  }
  // The runtime is there as long as the container, and is none of its processes.
  if (pids !== undefined) result.push([place("pids", "pids.max"), String(pids + 1)]);
  return result;
}

/** Whether the kernel killed a process of the container for want of memory. */
export function wasOutOfMemory(id: string, root: string = systemRoot): boolean {
  const { unified, memory } = cgroupDirectories(id, root);
  const file =
    unified === undefined
      ? path.join(memory ?? "", "memory.oom_control")
      : path.join(unified, "memory.events");
  return fs.existsSync(file) && /^oom_kill [1-9]/m.test(fs.readFileSync(file, "utf8"));
}

/**
 * Removes the cgroups of a container whose processes are gone, and those that a runtime made below: the kernel takes a
 * millisecond for each.
 */
export async function removeCgroups(id: string, root: string = systemRoot): Promise<void> {
  const directories = Object.values(cgroupDirectories(id, root));
  await Promise.all(
    directories.map(async (directory) => {
      const inner = path.join(directory, "run");
      if (fs.existsSync(inner)) await removeEmpty(inner);
      await removeEmpty(directory);
    }),
  );
}

const removeEmpty = (directory: string): Promise<void> =>
  new Promise((resolve, reject) => {
    fs.rmdir(directory, (error) => {
      // Busy: the last process is leaving; the next command that reclaims removes it.
      if (error === null || ["ENOENT", "EBUSY", "EACCES", "EROFS"].includes(error.code ?? "")) resolve();
      else reject(error);
    });
  });

function unavailable(error: Error): TsdockError {
  return new TsdockError("LIMIT_UNAVAILABLE", `the kernel refuses to limit the container: ${error.message}`, {
    hint: "leave out --memory, --cpus and --pids-limit, or run as root on a system whose cgroups may be written to",
    cause: error,
  });
}
