import fs from "node:fs";
import { findProgram } from "../system/run-program.ts";

/** Whether an ordinary user has what private networks need: programs, and the device by which packets come in. */
export function canConnect(): boolean {
  if (
    !["slirp4netns", "newuidmap", "newgidmap", "ip", "nft"].every((name) => findProgram(name) !== undefined)
  )
    return false;
  try {
    fs.accessSync("/dev/net/tun", fs.constants.R_OK | fs.constants.W_OK);
    return true;
  } catch {
    // Closed to this user, or not there.
    return false;
  }
}
