// `npm run check`: everything that is read but not run. Typed lint takes as long as all the others, which go on beside it.
import { spawn } from "node:child_process";
import { root } from "./bootstrap.mjs";

const lanes = [["lint"], ["types", "format", "arrows", "dead", "package"]];

/** Runs `npm run check:NAME`; what it says comes in one piece. Gives whether it found nothing. */
function check(name) {
  const child = spawn("npm", ["run", "--silent", `check:${name}`], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => said.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      process.stdout.write(Buffer.concat(said));
      if (code !== 0) process.stdout.write(`npm run check:${name} failed\n`);
      resolve(code === 0);
    });
  });
}

const results = await Promise.all(
  lanes.map(async (names) => {
    let sound = true;
    for (const name of names) sound = (await check(name)) && sound;
    return sound;
  }),
);
process.exitCode = results.every(Boolean) ? 0 : 1;
