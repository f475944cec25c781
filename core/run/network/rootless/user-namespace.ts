import fs from "node:fs";

/** Whether this process has no power over the machine's own network: an ordinary user, or root of a user namespace only. */
export function isRootless(): boolean {
  if (process.geteuid?.() !== 0) return true;
  const [inside, outside, count] = fs.readFileSync("/proc/self/uid_map", "latin1").trim().split(/\s+/);
  return inside !== "0" || outside !== "0" || count !== "4294967295";
}

/** Whether this process is in the user namespace of another. */
export const sharesUserNamespace = (pid: number): boolean =>
  fs.readlinkSync("/proc/self/ns/user") === fs.readlinkSync(`/proc/${pid}/ns/user`);
