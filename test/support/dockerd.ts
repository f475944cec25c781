import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { CliResult } from "./cli.ts";
import { findProgram } from "./requires.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export interface Dockerd extends AsyncDisposable {
  /** For `DOCKER_HOST`. */
  readonly host: string;
  /** Runs the docker client; gives its standard output, or throws with what it said. */
  docker(...args: readonly string[]): string;
  /** The same, whatever comes of it. */
  attempt(...args: readonly string[]): CliResult;
}

const startLimitMs = 60_000;
const stopLimitMs = 20_000;

export interface DockerdOptions {
  /** A network namespace (`ip netns`) for it, in which it has its bridge and its rules; without one it has neither. */
  readonly namespace?: string;
  /** `vfs` works everywhere, and is slow. */
  readonly storageDriver?: "vfs" | "overlay2";
  /** Images lie in containerd's store, and its BuildKit reads OCI layouts and writes images of several platforms. */
  readonly hasContainerdStore?: boolean;
}

/**
 * Debian's dockerd with everything of its own in a temporary directory: data, state, socket, configuration.
 * Needs root: `requires("dockerd", "root")`. Stopped, unmounted and removed when disposed.
 */
export async function startDockerd({
  namespace,
  storageDriver = "vfs",
  hasContainerdStore = false,
}: DockerdOptions = {}): Promise<Dockerd> {
  const tmp = temporaryDirectory();
  const below = (name: string): string => path.join(tmp.path, name);
  const host = `unix://${below("docker.sock")}`;
  const features = hasContainerdStore ? { features: { "containerd-snapshotter": true } } : {};
  fs.writeFileSync(below("daemon.json"), JSON.stringify(features));
  fs.mkdirSync(below("client"));
  const log = fs.openSync(below("log"), "a");
  const own = namespace === undefined ? noNetwork : [];
  const [file = "", ...args] = [
    ...(namespace === undefined ? [] : [program("nsenter"), `--net=/run/netns/${namespace}`]),
    program("dockerd"),
    ...daemonArguments(host, below),
    ...(hasContainerdStore ? [] : [`--storage-driver=${storageDriver}`]),
    ...own,
  ];
  const daemon = spawn(file, args, { stdio: ["ignore", log, log] });
  fs.closeSync(log);
  const attempt = (...args: readonly string[]): CliResult => {
    const result = spawnSync(program("docker"), ["--config", below("client"), "--host", host, ...args], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const stderr = result.error?.message ?? result.stderr;
    return { exitCode: result.status ?? 128, stdout: result.stdout, stderr };
  };
  const docker = (...args: readonly string[]): string => {
    const { exitCode, stdout, stderr } = attempt(...args);
    if (exitCode === 0) return stdout;
    throw new Error(`docker ${args.join(" ")}: ${stderr}`);
  };
  const stop = async (): Promise<void> => {
    await end(daemon);
    unmountBelow(tmp.path);
    await tmp[Symbol.asyncDispose]();
  };
  try {
    await answering(docker, daemon, below("log"));
  } catch (error) {
    await stop();
    throw error;
  }
  return { host, docker, attempt, [Symbol.asyncDispose]: stop };
}

function daemonArguments(host: string, below: (name: string) => string): readonly string[] {
  return [
    `--host=${host}`,
    `--config-file=${below("daemon.json")}`,
    `--data-root=${below("data")}`,
    `--exec-root=${below("exec")}`,
    `--pidfile=${below("pid")}`,
  ];
}

const noNetwork: readonly string[] = [
  "--bridge=none",
  "--iptables=false",
  "--ip6tables=false",
  "--ip-forward=false",
  "--ip-masq=false",
];

function program(name: string): string {
  const file = findProgram(name);
  if (file === undefined) throw new Error(`no ${name} in PATH`);
  return file;
}

async function answering(docker: Dockerd["docker"], daemon: ChildProcess, log: string): Promise<void> {
  const limit = Date.now() + startLimitMs;
  for (;;) {
    if (daemon.exitCode !== null) throw new Error(`dockerd ended:\n${fs.readFileSync(log, "utf8")}`);
    try {
      docker("version");
      return;
    } catch (error) {
      if (Date.now() > limit) throw error;
      await delay(100);
    }
  }
}

/** It stops its containerd too. */
async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = new Promise((resolve) => daemon.once("exit", resolve));
  daemon.kill("SIGTERM");
  const late = setTimeout(() => daemon.kill("SIGKILL"), stopLimitMs);
  await ended;
  clearTimeout(late);
}

function unmountBelow(directory: string): void {
  const points = fs
    .readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((point) => point.startsWith(`${directory}/`));
  for (const point of points.sort().reverse()) spawnSync("umount", ["--lazy", point]);
}
