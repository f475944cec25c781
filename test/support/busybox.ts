import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { CliWorkspace } from "./cli.ts";
import { findProgram } from "./requires.ts";

/** The declaration of an image with busybox and links for all its commands; `addBusybox` brings the file. */
export const busyboxImage = `image().from(scratch).copy("busybox", "/bin/").run(["/bin/busybox", "--install", "-s", "/bin"])`;

/** What every module of the tests imports. */
export const imports = `import { diff, image, merge, mount, scratch } from "tsdock";\n`;

export function addBusybox(workspace: CliWorkspace): void {
  copyExecutable("/bin/busybox", workspace.path("busybox"));
}

/**
 * Copies a program of this machine and the libraries that it is linked with into the workspace, at their own paths below
 * `programs`. `.copy("programs", "/")` then makes it run in an image.
 */
export function addProgram(workspace: CliWorkspace, name: string): void {
  const program = findProgram(name) ?? name;
  const libraries = execFileSync("ldd", [program], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g);
  for (const file of [program, ...[...libraries].map(([, library = ""]) => library)])
    copyExecutable(file, workspace.path("programs", file));
}

function copyExecutable(from: string, to: string): void {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.copyFileSync(from, to);
  fs.chmodSync(to, 0o755);
}
