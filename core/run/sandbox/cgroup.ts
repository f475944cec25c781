import fs from "node:fs";
import path from "node:path";
import { cgroupParent } from "../../build/native/state-directory.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { ResourceLimits } from "../state/container-record.ts";

const root = "/sys/fs/cgroup";
const periodUs = 100_000;
/** Of the first version: what limits and what counts. */
const controllers = ["cpu", "cpuacct", "memory", "pids", "blkio"] as const;

type Controller = (typeof controllers)[number];

/** Whether there is only the second version of cgroups(7). */
const isUnified = (): boolean => fs.existsSync(path.join(root, "cgroup.controllers"));

/** Directories of a container's cgroups by controller: one for all in the second version. */
export function cgroupDirectories(id: string): Readonly<Partial<Record<Controller | "unified", string>>> {
  const name = id.slice(0, 12);
  if (isUnified()) return { unified: path.join(root, cgroupParent, name) };
  const present = controllers.filter((controller) => fs.existsSync(path.join(root, controller)));
  return Object.fromEntries(present.map((one) => [one, path.join(root, one, cgroupParent, name)]));
}

/**
 * Makes the cgroups of a container and sets its limits; gives the files by which processes enter. Where none can be made
 * there are none, unless a limit needs them. Error `LIMIT_UNAVAILABLE`.
 */
export function makeCgroups(id: string, limits: ResourceLimits): readonly string[] {
  const wantsLimit = Object.keys(limits).length > 0;
  const directories = cgroupDirectories(id);
  try {
    if (directories.unified !== undefined) enableControllers();
    for (const directory of Object.values(directories)) fs.mkdirSync(directory, { recursive: true });
    for (const [file, value] of settings(directories, limits)) fs.writeFileSync(file, value);
    const made = Object.values(directories);
    if (wantsLimit && made.length === 0) throw new Error("this system has no cgroups");
    return made.map((directory) => path.join(directory, "cgroup.procs"));
  } catch (error) {
    removeCgroups(id);
    if (!wantsLimit) return [];
    throw unavailable(error as Error);
  }
}

function enableControllers(): void {
  fs.mkdirSync(path.join(root, cgroupParent), { recursive: true });
  for (const directory of [root, path.join(root, cgroupParent)])
    fs.writeFileSync(path.join(directory, "cgroup.subtree_control"), "+cpu +memory +pids");
}

function settings(
  directories: ReturnType<typeof cgroupDirectories>,
  { memory, nanoCpus, pids }: ResourceLimits,
): readonly (readonly [file: string, value: string])[] {
  const { unified } = directories;
  const place = (controller: Controller, file: string): string => {
    const directory = unified ?? directories[controller];
    if (directory === undefined) throw new Error(`the controller ${controller} is not there`);
    return path.join(directory, file);
  };
  const quota = nanoCpus === undefined ? undefined : String(Math.round((nanoCpus / 1e9) * periodUs));
  const result: (readonly [string, string])[] = [];
  if (memory !== undefined && unified !== undefined)
    result.push([place("memory", "memory.max"), String(memory)]);
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
  if (pids !== undefined) result.push([place("pids", "pids.max"), String(pids)]);
  return result;
}

/** Whether the kernel killed a process of the container for want of memory. */
export function wasOutOfMemory(id: string): boolean {
  const { unified, memory } = cgroupDirectories(id);
  const file =
    unified === undefined
      ? path.join(memory ?? "", "memory.oom_control")
      : path.join(unified, "memory.events");
  return fs.existsSync(file) && /^oom_kill [1-9]/m.test(fs.readFileSync(file, "utf8"));
}

/** Removes the cgroups of a container whose processes are gone, and those that a runtime made below. */
export function removeCgroups(id: string): void {
  for (const directory of Object.values(cgroupDirectories(id))) {
    for (const place of [path.join(directory, "run"), directory]) {
      try {
        fs.rmdirSync(place);
      } catch (error) {
        // Busy: the last process is leaving; the next command that reclaims removes it.
        if (!["ENOENT", "EBUSY", "EACCES", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? ""))
          throw error;
      }
    }
  }
}

function unavailable(error: Error): TsdockError {
  return new TsdockError("LIMIT_UNAVAILABLE", `the kernel refuses to limit the container: ${error.message}`, {
    hint: "leave out --memory, --cpus and --pids-limit, or run as root on a system whose cgroups may be written to",
    cause: error,
  });
}
