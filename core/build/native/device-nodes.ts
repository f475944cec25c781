import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { HostTools } from "./host-tools.ts";

/** Name and minor number of the memory devices (major 1) that every command may expect. */
const devices: Readonly<Record<string, number>> = { null: 3, zero: 5, full: 7, random: 8, urandom: 9 };

/** Makes device nodes where a tree lacks them; gives the paths of those that it made. */
export function makeDevices(root: string, tools: HostTools): readonly string[] {
  const directory = path.join(root, "dev");
  const made: string[] = [];
  if (!fs.existsSync(directory)) {
    fs.mkdirSync(directory, { mode: 0o755 });
    made.push("dev");
  }
  for (const [name, minor] of Object.entries(devices)) {
    const file = path.join(directory, name);
    if (fs.existsSync(file)) continue;
    const mknod = tools.find("mknod") ?? "mknod";
    const { status } = spawnSync(mknod, ["-m", "666", file, "c", "1", `${minor}`], {
      env: { ...tools.environment },
    });
    // Where nodes may not be made a file takes the place of the one that commands write to.
    if (status !== 0 && name === "null") fs.writeFileSync(file, "", { mode: 0o666 });
    made.push(`dev/${name}`);
  }
  return made;
}
