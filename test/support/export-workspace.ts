import { execFileSync } from "node:child_process";
import fs from "node:fs";
import type { CliWorkspace } from "./cli.ts";
import { findProgram } from "./requires.ts";

/** An image with busybox and what containers are given, so that running in it adds no directories. Gives its reference in the registry. */
export async function publishBox(workspace: CliWorkspace, registry: string): Promise<string> {
  fs.copyFileSync(findProgram("busybox") ?? "/bin/busybox", workspace.path("busybox"));
  fs.chmodSync(workspace.path("busybox"), 0o755);
  workspace.write(
    "box.image.ts",
    `import { image, scratch } from "tsdock";
export const box = image().from(scratch).copy("busybox", "/usr/bin/").symlink("usr/bin", "/bin").symlink("usr/lib", "/lib")
  .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\\nann:x:1234:1234::/home/ann:/bin/sh\\n")
  .file("/etc/group", "root:x:0:\\nann:x:1234:\\nstaff:x:50:ann\\n")
  .file("/etc/hosts", "").file("/etc/resolv.conf", "").file("/etc/hostname", "")
  .directory("/usr/lib").directory("/home/ann", { chown: "ann:ann", chmod: "700" }).directory("/tmp", { chmod: "1777" })
  .directory("/dev").directory("/proc").directory("/sys").directory("/run")
  .run(["/usr/bin/busybox", "--install", "-s", "/usr/bin"])
  .env({ PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" }).cmd(["sh"]);
`,
  );
  const { exitCode, stderr } = await workspace.run(["publish", "box", "--registry", registry, "-t", "1"]);
  if (exitCode !== 0) throw new Error(stderr);
  fs.rmSync(workspace.path("box.image.ts"));
  return `${registry}/box:1`;
}

/** The package `app` with what the exported images copy. */
export function addExportedFiles(workspace: CliWorkspace): void {
  const files = {
    "a.txt": "a",
    "b.txt": "b",
    "docs/guide.md": "guide",
    "docs/api/index.md": "api",
    "src/index.js": "index\n",
    "src/lib/one.js": "one\n",
    "usr-tree/usr/bin/new": "new",
    "usr-tree/usr/lib/new": "new",
    "other/o.txt": "other",
    "ignored/yes": "",
    ".dockerignore": "ignored\n",
    "package.json": "{}",
  };
  for (const [name, text] of Object.entries(files)) {
    workspace.write(`app/${name}`, text);
    fs.chmodSync(workspace.path("app", name), 0o644);
  }
  const owned = ["--owner=5", "--group=6", "--mtime=@0", "--mode=750"];
  execFileSync("tar", [
    ...owned,
    "-czf",
    workspace.path("app/files.tar.gz"),
    "-C",
    workspace.path("app/docs"),
    ".",
  ]);
}
