/**
 * Containers on a private bridge, side by side with Debian's dockerd, each command whole: from calling it until it ended
 * (`run --rm IMAGE true`), and from calling `run -d -p` until the first answer came through the published port. Pairs
 * A B A B; medians of milliseconds, and the median of the pairs' ratios. One JSON document a line.
 * Needs root, crun, dockerd, docker, iproute2, nftables and a static busybox; both have their own directories and are
 * together in a network namespace of their own.
 *
 *   npm run build; bench/containers.ts [RUNS]
 */
import { spawn, spawnSync } from "node:child_process";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildBox } from "../test/support/box-image.ts";
import { CliWorkspace } from "../test/support/cli.ts";
import { startDockerd } from "../test/support/dockerd.ts";

const runs = Number(process.argv[2] ?? 20);
const marker = "TSDOCK_BENCH_NAMESPACE";

interface Engine {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Without waiting for its end in the event loop: what is measured is the command alone. */
function call({ command: [file = "", ...first], env }: Engine, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(file, [...first, ...args], { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${file} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

async function runTrue(engine: Engine): Promise<number> {
  const start = performance.now();
  call(engine, "run", "--rm", "box", "true");
  return Promise.resolve(performance.now() - start);
}

async function firstAnswer(engine: Engine, port: number): Promise<number> {
  const start = performance.now();
  const id = call(engine, "run", "-d", "-p", `${port}:80`, "box", "httpd", "-f", "-p", "80", "-h", "/etc");
  while (!(await answers(port))) await sleep(1);
  const ms = performance.now() - start;
  call(engine, "rm", "-f", id);
  return ms;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const request = http.get({ host: "127.0.0.1", port, path: "/passwd", agent: false }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode === 200));
    });
    request.once("error", () => resolve(false));
  });

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;

async function compare(
  name: string,
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<void> {
  for (const warmUp of [ours, peer]) await warmUp();
  const pairs: (readonly [number, number])[] = [];
  for (let run = 0; run < runs; run++) pairs.push([await ours(), await peer()]);
  const ms = Math.round(median(pairs.map(([mine]) => mine)));
  const peerMs = Math.round(median(pairs.map(([, theirs]) => theirs)));
  const ratio = Number(median(pairs.map(([mine, theirs]) => mine / theirs)).toFixed(2));
  process.stdout.write(`${JSON.stringify({ name, runs, ms, peerMs, ratio, load: os.loadavg()[0] })}\n`);
}

async function main(namespace: string): Promise<void> {
  await using workspace = new CliWorkspace();
  await buildBox(workspace);
  await using dockerd = await startDockerd({ namespace, storageDriver: "overlay2" });
  const archive = workspace.path("box.tar");
  const cli = path.resolve(import.meta.dirname, "..", "dist", "cli.cjs");
  // The program as it is installed; its Node is the one that runs this.
  const search = `${path.dirname(process.execPath)}:${process.env["PATH"]}`;
  // Node reads certificates of this variable at every start; docker, which is no Node, does not.
  const { NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env;
  const tsdock = { command: [cli], env: { ...environment, PATH: search, TSDOCK_HOME: workspace.home } };
  const docker = { command: ["docker"], env: { ...process.env, DOCKER_HOST: dockerd.host } };
  call(tsdock, "image", "save", "-o", archive, "box");
  call(docker, "load", "-i", archive);
  await compare(
    "run --rm IMAGE true on a bridge / docker",
    () => runTrue(tsdock),
    () => runTrue(docker),
  );
  await compare(
    "run -d -p until the first answer / docker",
    () => firstAnswer(tsdock, 18_080),
    () => firstAnswer(docker, 18_081),
  );
}

/** In the machine's own namespace there may be another docker. */
async function again(): Promise<number> {
  const name = `tsdock-bench-${process.pid}`;
  const ip = (...args: readonly string[]): void => void call({ command: ["ip"], env: process.env }, ...args);
  ip("netns", "add", name);
  try {
    ip("-netns", name, "link", "set", "lo", "up");
    const args = [
      `--net=/run/netns/${name}`,
      process.execPath,
      ...process.execArgv,
      ...process.argv.slice(1),
    ];
    const child = spawn("nsenter", args, { stdio: "inherit", env: { ...process.env, [marker]: name } });
    return await new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  } finally {
    ip("netns", "del", name);
  }
}

const namespace = process.env[marker];
if (namespace === undefined) process.exitCode = await again();
else await main(namespace);
