/**
 * Connecting containers and taking them back, in a network namespace of its own: medians and worst of milliseconds.
 * Prints one JSON document. Needs root, iproute2 and nftables.
 *
 *   bench/network.ts [RUNS]
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { openNetworks } from "../core/run/network/open-networks.ts";
import { holdPort } from "../core/run/network/ports/hold-port.ts";

const runs = Number(process.argv[2] ?? 20);
const { signal } = new AbortController();
const room = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-bench-"));
const networks = openNetworks(path.join(room, "home"));
const round = (ms: number): number => Math.round(ms * 10) / 10;

function summary(times: readonly number[]): { median: number; worst: number } {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: round(sorted[sorted.length >> 1] ?? 0), worst: round(sorted.at(-1) ?? 0) };
}

async function namespace(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn("unshare", ["--net", "sh", "-c", "echo; exec sleep 1000"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  return child as ChildProcess & { readonly pid: number };
}

/** What one child process costs here and now: the yardstick of the rest. */
function spawnTime(): number {
  const start = performance.now();
  spawnSync("true");
  return performance.now() - start;
}

let count = 0;

async function connectOnce(published: boolean): Promise<{ attach: number; release: number }> {
  const box = await namespace();
  const id = String(count++).padStart(64, "0");
  const directory = path.join(room, id);
  fs.mkdirSync(directory);
  const ports = published
    ? [{ hostAddress: "", hostPort: 0, containerPort: 80, protocol: "tcp" as const }]
    : [];
  const start = performance.now();
  const options = { network: "bridge", id, name: id, hostname: id.slice(0, 12), ports, directory };
  const reservation = await networks.attach({ ...options, netns: { pid: box.pid } }, signal);
  const attached = performance.now();
  await reservation.release();
  const released = performance.now();
  box.kill("SIGKILL");
  return { attach: attached - start, release: released - attached };
}

/** Bytes through a published port in one second on loopback: by the kernel, and by the process that keeps the port. */
async function throughput(): Promise<{ kernel: number; process: number }> {
  const box = await namespace();
  const directory = path.join(room, "throughput");
  fs.mkdirSync(directory);
  const port = { hostAddress: "", hostPort: 0, containerPort: 80, protocol: "tcp" as const };
  const options = {
    network: "bridge",
    id: "f".repeat(64),
    name: "throughput",
    hostname: "throughput",
    directory,
  };
  const reservation = await networks.attach({ ...options, ports: [port], netns: { pid: box.pid } }, signal);
  const source = `const b = Buffer.alloc(1 << 16); require("net").createServer((s) => { s.on("error", () => 0); const go = () => { while (s.write(b)); }; s.on("drain", go); go(); }).listen(80, () => console.log())`;
  const server = spawn("nsenter", [`--net=/proc/${box.pid}/ns/net`, process.execPath, "-e", source]);
  await once(server.stdout, "data");
  const held = await holdPort(port);
  held.forwardTo(reservation.address);
  const measure = async (hostPort: number): Promise<number> => {
    const socket = net.connect(hostPort, "127.0.0.1");
    let bytes = 0;
    socket.on("data", (chunk) => (bytes += chunk.length));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    socket.destroy();
    return Math.round(bytes / 1e6);
  };
  const kernel = await measure(reservation.ports[0]?.hostPort ?? 0);
  const byProcess = await measure(held.port.hostPort);
  await held[Symbol.asyncDispose]();
  server.kill("SIGKILL");
  await reservation.release();
  box.kill("SIGKILL");
  return { kernel, process: byProcess };
}

async function main(): Promise<void> {
  const spawns: number[] = [];
  for (let run = 0; run < runs; run++) spawns.push(spawnTime());
  const first = await connectOnce(false);
  const results: Record<string, object> = {
    spawnOfTrue: summary(spawns),
    firstWithBridge: { attach: round(first.attach) },
  };
  for (const [name, published] of [
    ["plain", false],
    ["published", true],
  ] as const) {
    const times: { attach: number; release: number }[] = [];
    for (let run = 0; run < runs; run++) times.push(await connectOnce(published));
    results[name] = {
      attach: summary(times.map(({ attach }) => attach)),
      release: summary(times.map(({ release }) => release)),
    };
  }
  results["megabytesPerSecond"] = await throughput();
  await networks.prune(signal);
  process.stdout.write(`${JSON.stringify({ runs, load: os.loadavg()[0], ...results }, null, 2)}\n`);
}

/** In the machine's own namespace there would be other bridges beside ours. */
function again(): void {
  const args = [...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(
    "unshare",
    ["--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh", process.execPath, ...args],
    {
      stdio: "inherit",
      env: { ...process.env, TSDOCK_BENCH_INSIDE: "1" },
    },
  );
  child.once("exit", (code) => process.exit(code ?? 1));
}

if (process.env["TSDOCK_BENCH_INSIDE"] === undefined) again();
else {
  await main();
  fs.rmSync(room, { recursive: true, force: true });
  process.exit(0);
}
