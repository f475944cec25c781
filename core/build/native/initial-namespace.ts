import fs from "node:fs";

/** Whether all users are mapped to themselves: not so in the user namespace of a rootless container. */
export const isInitialNamespace = (): boolean =>
  /^\s*0\s+0\s+4294967295\s*$/.test(fs.readFileSync("/proc/self/uid_map", "latin1"));
