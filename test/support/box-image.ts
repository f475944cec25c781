import fs from "node:fs";
import type { CliWorkspace } from "./cli.ts";
import { findProgram } from "./requires.ts";

const applets =
  "sh true false cat ls id sleep env echo hostname ps mount touch kill tty stty httpd wget yes head nc ip dd seq grep pwd wc stat";

/** An image with a static busybox and the users root and ann, by the name `box`. */
export async function buildBox(workspace: CliWorkspace): Promise<void> {
  fs.copyFileSync(findProgram("busybox") ?? "/bin/busybox", workspace.path("busybox"));
  fs.chmodSync(workspace.path("busybox"), 0o755);
  workspace.write(
    "box.image.ts",
    `import { image, scratch } from "tsdock";
let box = image().from(scratch).copy("busybox", "/bin/")
  .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\\nann:x:1234:1234::/home/ann:/bin/sh\\n")
  .file("/etc/group", "root:x:0:\\nann:x:1234:\\nstaff:x:50:ann\\n");
for (const name of ${JSON.stringify(applets.split(" "))}) box = box.symlink("busybox", \`/bin/\${name}\`);
const image1 = box.cmd(["sh"]);
export { image1 as box };
`,
  );
  const { exitCode, stderr } = await workspace.run(["build"]);
  if (exitCode !== 0) throw new Error(stderr);
}
