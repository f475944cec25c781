import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Processes of this machine that have to do with a text: it is in their environment, command line, working directory or
 * among the mounts that they see. Every mount belongs to the namespace of some process: none, and nothing is mounted.
 */
export function processesWith(text: string): readonly string[] {
  return processIds()
    .filter((pid) => Number(pid) !== process.pid)
    .filter((pid) => cwdOf(pid).includes(text) || files.some((file) => textOf(pid, file).includes(text)))
    .map(described);
}

const processIds = (): readonly string[] => fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));

const described = (pid: string): string => `${pid} ${textOf(pid, "cmdline").replaceAll("\0", " ")}`;

/** What follows the name, which may have anything in it, are state, parent and group: proc(5). A zombie has ended. */
const groupOf = (pid: string): number => Number(/.*\) [^Z] \S+ (\d+)/s.exec(textOf(pid, "stat"))?.[1]);

const files = ["environ", "cmdline", "mountinfo"];

/** The same once they have had some time to end; the kernel takes a moment for what it was told to kill. */
export const lingeringWith = (text: string): Promise<readonly string[]> =>
  lingering(() => processesWith(text));

/** Processes of a group that have not ended in that time. */
export const lingeringOfGroup = (group: number): Promise<readonly string[]> =>
  lingering(() =>
    processIds()
      .filter((pid) => groupOf(pid) === group)
      .map(described),
  );

/** What is found still when it has had that time. */
export async function lingering(find: () => readonly string[]): Promise<readonly string[]> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = find();
    if (found.length === 0 || Date.now() > end) return found;
    await sleep(25);
  }
}

const limitMs = 20_000;

function textOf(pid: string, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch (error) {
    return ended(error);
  }
}

function cwdOf(pid: string): string {
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`);
  } catch (error) {
    return ended(error);
  }
}

/** Ended meanwhile, or a process of somebody else. */
function ended(error: unknown): string {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (!["ENOENT", "ESRCH", "EACCES", "EINVAL"].includes(code)) throw error;
  return "";
}
