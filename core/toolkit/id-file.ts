import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { Host } from "./host.ts";

/** `--cidfile`, before anything is made. Error `USAGE`. */
export function checkIdFile(file: string | undefined, host: Host): void {
  if (file === undefined) return;
  const absolute = path.resolve(host.cwd, file);
  const isFree = !fs.existsSync(absolute) && fs.existsSync(path.dirname(absolute));
  if (isFree) return;
  throw new TsdockError("USAGE", `--cidfile ${file} is there already, or its directory is not`, {
    hint: "remove the file where no container is meant by it, or name another",
  });
}

export function writeIdFile(file: string | undefined, id: string, host: Host): void {
  if (file !== undefined) fs.writeFileSync(path.resolve(host.cwd, file), id, { flag: "wx" });
}
