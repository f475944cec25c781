// tsdock watch: milliseconds from saving a file to the start of work, to evaluated declarations, to the image, and what the
// watching process weighs; beside them the same change built by tsdock build. Two workspaces: one image, and 100 images of 100 packages.
//   npm run build && node bench/watch.mjs [SAVES]
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const saves = Number(process.argv[2] ?? 15);
const cli = path.resolve(import.meta.dirname, "..", "dist", "cli.cjs");
const room = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-bench-"));
const env = { ...process.env, TSDOCK_HOME: path.join(room, "home") };

const middle = (numbers) => Math.round([...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]);

function workspace(name, count) {
  const directory = path.join(room, name);
  const write = (file, text) => {
    fs.mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    fs.writeFileSync(path.join(directory, file), text);
  };
  write("package.json", '{"name":"bench","private":true,"type":"module","workspaces":["packages/*"]}');
  write("helper.ts", "export const app = (name: string): string => `/app/${name}.js`;\n");
  for (let index = 0; index < count; index++) {
    const folder = `packages/p${index}`;
    write(`${folder}/package.json`, `{"name":"p${index}","private":true,"type":"module"}`);
    for (let file = 0; file < 20; file++) write(`${folder}/src/f${file}.js`, `export const f = ${file};\n`);
    write(
      `${folder}/p${index}.image.ts`,
      `import { image, scratch } from "tsdock";
import { app } from "../../helper.ts";
export const p${index} = image().from(scratch).copy("src", "/app/").cmd(["node", app("p${index}")]);
`,
    );
  }
  return directory;
}

/** Starts a watch; `next` gives the time of the next event of a type. */
function startWatch(cwd) {
  const child = spawn(cli, ["watch", "--progress", "json"], {
    cwd,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const waiting = [];
  readline.createInterface({ input: child.stderr }).on("line", (line) => {
    const now = performance.now();
    const type = line.startsWith("{") ? JSON.parse(line).type : undefined;
    for (const one of waiting.filter((other) => other.type === type)) {
      waiting.splice(waiting.indexOf(one), 1);
      one.resolve(now);
    }
  });
  return { child, next: (type) => new Promise((resolve) => waiting.push({ type, resolve })) };
}

const residentMb = (pid) =>
  Math.round((Number(fs.readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096) / 1e6);

async function measure(name, count) {
  const cwd = workspace(name, count);
  const file = path.join(cwd, "packages/p0/src/f0.js");
  const { child, next } = startWatch(cwd);
  await next("watch.done");
  await sleep(1000);
  const [begun, evaluated, built] = [[], [], []];
  const before = residentMb(child.pid);
  for (let save = 0; save < saves; save++) {
    const times = ["watch.start", "action.start", "image.done", "watch.done"].map(next);
    const saved = performance.now();
    fs.writeFileSync(file, `export const f = "${save}";\n`);
    const [start, action, image] = await Promise.all(times);
    begun.push(start - saved);
    evaluated.push(action - saved);
    built.push(image - saved);
    await sleep(700);
  }
  const after = residentMb(child.pid);
  child.kill("SIGINT");
  await new Promise((resolve) => child.once("exit", resolve));
  const cold = Array.from({ length: Math.min(saves, 7) }, (_, save) => {
    fs.writeFileSync(file, `export const f = "cold ${save}";\n`);
    const start = performance.now();
    spawnSync(cli, ["build", "--progress", "quiet"], { cwd, env, stdio: "ignore" });
    return performance.now() - start;
  });
  const figures = {
    begunMs: middle(begun),
    evaluatedMs: middle(evaluated),
    firstImageMs: middle(built),
    coldBuildMs: middle(cold),
    residentMb: [before, after],
  };
  process.stdout.write(`${JSON.stringify({ name, saves, ...figures })}\n`);
}

try {
  await measure("one image", 1);
  await measure("100 images", 100);
} finally {
  fs.rmSync(room, { recursive: true, force: true });
}
