// `publint --strict`, which takes `#!/bin/sh` for no beginning of a program: `/usr/bin/env` would be loaded before it, for 2 ms of each start.
import fs from "node:fs";
import path from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { root } from "./bootstrap.mjs";

const { messages, pkg } = await publint({ pkgDir: root, strict: true });
const isProgram = (name) => {
  const file = path.join(root, name);
  const isExecutable = (fs.statSync(file).mode & 0o111) === 0o111;
  return isExecutable && fs.readFileSync(file, "utf8").startsWith("#!/bin/sh\n");
};
const wrong = messages.filter(
  ({ code, path: [field, name] }) =>
    code !== "BIN_FILE_NOT_EXECUTABLE" || field !== "bin" || !isProgram(pkg.bin[name]),
);
for (const message of wrong) process.stdout.write(`${formatMessage(message, pkg)}\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
