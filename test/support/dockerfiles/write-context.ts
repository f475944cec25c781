import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { ContextFile } from "./corpus.ts";

/** Writes the files of a context. */
export function writeContext(directory: string, files: Readonly<Record<string, ContextFile>>): void {
  for (const [name, file] of Object.entries(files)) {
    const target = path.join(directory, name);
    fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o755 });
    if (typeof file === "string") put(target, file, 0o644);
    else if ("link" in file) fs.symlinkSync(file.link, target);
    else if ("directory" in file) fs.mkdirSync(target, { mode: file.directory });
    else if ("archive" in file) writeArchive(target, file);
    else put(target, file.content, file.mode);
  }
}

/** Whatever the umask says. */
function put(file: string, content: string, mode: number): void {
  fs.writeFileSync(file, content);
  fs.chmodSync(file, mode);
}

function writeArchive(
  target: string,
  { archive, compressed }: Extract<ContextFile, { archive: unknown }>,
): void {
  const directory = fs.mkdtempSync(`${target}-`);
  writeContext(directory, archive);
  const flags = ["--owner=0", "--group=0", "--mode=u=rwX,go=rX", "--sort=name", compressed ? "-czf" : "-cf"];
  execFileSync("tar", [...flags, target, "-C", directory, ...fs.readdirSync(directory)]);
  fs.rmSync(directory, { recursive: true });
}
