import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Processes of this machine that have to do with a text: it is in their environment, command line, working directory or
 * among the mounts that they see. Every mount belongs to the namespace of some process: none, and nothing is mounted.
 */
export function processesWith(text: string): readonly string[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => cwdOf(pid).includes(text) || files.some((file) => textOf(pid, file).includes(text)))
    .map((pid) => `${pid} ${textOf(pid, "cmdline").replaceAll("\0", " ")}`);
}

const files = ["environ", "cmdline", "mountinfo"];

/** The same once they have had some time to end; the kernel takes a moment for what it was told to kill. */
export async function lingeringWith(text: string, limitMs = 3_000): Promise<readonly string[]> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = processesWith(text);
    if (found.length === 0 || Date.now() > end) return found;
    await sleep(25);
  }
}

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
