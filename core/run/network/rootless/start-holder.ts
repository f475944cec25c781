import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../../errors/tsdock-error.ts";
import { ownerOf } from "../../../oci/store/process-owner.ts";
import type { HolderRecord } from "../plan/network-state.ts";
import { needProgram } from "../system/run-program.ts";

/** slirp4netns is there after some hundredths of a second; what takes longer never comes. */
const limitMs = 10_000;

export interface StartHolderOptions {
  /** Whether a user namespace is needed too: this process is not in one already. */
  readonly newUser: boolean;
  /** Absolute path of the API socket; `.log` beside it takes what slirp4netns says. */
  readonly socket: string;
  /** Writes the processes down, before they go on without us: until then they end with this process. */
  readonly record: (holder: HolderRecord) => void;
}

/**
 * Starts a process that keeps a network namespace, and slirp4netns, which connects it to the outside.
 * Error `NETWORK_UNAVAILABLE`; then nothing runs.
 */
export async function startHolder(options: StartHolderOptions): Promise<HolderRecord> {
  checkDevice();
  fs.rmSync(options.socket, { force: true });
  const holder = start([
    ...namespaces(options),
    "/bin/sh",
    "-c",
    `echo; read go && exec sleep infinity ${quiet}`,
  ]);
  const children = [holder.child];
  try {
    await firstByte(holder.child, 1, "the namespaces cannot be made", () => holder.said());
    const slirp = start([
      "/bin/sh",
      "-c",
      `read go && exec "$@" </dev/null >/dev/null 2>"$0"`,
      ...slirpCommand(holder.pid, options),
    ]);
    children.push(slirp.child);
    const record = { holder: ownerOf(holder.pid), slirp: ownerOf(slirp.pid), socket: options.socket };
    options.record(record);
    for (const child of children) child.stdin?.end("go\n");
    await firstByte(slirp.child, 3, "slirp4netns did not start", () => readLog(options.socket));
    for (const child of children) leave(child);
    return record;
  } catch (error) {
    for (const child of children) child.kill("SIGKILL");
    throw error;
  }
}

const quiet = "</dev/null >/dev/null 2>&1";

const namespaces = ({ newUser }: StartHolderOptions): readonly string[] => {
  if (newUser) for (const name of ["newuidmap", "newgidmap"]) needProgram(name);
  const user = newUser ? ["--user", "--map-root-user", "--map-auto"] : [];
  return [needProgram("unshare"), ...user, "--net", "--"];
};

const logOf = (socket: string): string => `${socket}.log`;

function slirpCommand(pid: number, { newUser, socket }: StartHolderOptions): readonly string[] {
  const user = newUser ? [`--userns-path=/proc/${pid}/ns/user`] : [];
  return [
    logOf(socket),
    needProgram("slirp4netns"),
    "--configure",
    "--mtu=65520",
    // Services of this machine that listen on loopback are none of the containers' business.
    "--disable-host-loopback",
    "--ready-fd=3",
    `--api-socket=${socket}`,
    "--netns-type=path",
    ...user,
    `/proc/${pid}/ns/net`,
    "tap0",
  ];
}

function checkDevice(): void {
  needProgram("slirp4netns");
  try {
    fs.accessSync("/dev/net/tun", fs.constants.R_OK | fs.constants.W_OK);
  } catch (error) {
    throw new TsdockError(
      "NETWORK_UNAVAILABLE",
      `this user cannot open /dev/net/tun, which private networks need: ${(error as Error).message}`,
      {
        cause: error,
        hint: "as root: modprobe tun && chmod 666 /dev/net/tun; or use --network host or --network none",
      },
    );
  }
}

function start(argv: readonly string[]): { child: ChildProcess; pid: number; said: () => string } {
  const [program = "", ...args] = argv;
  let text = "";
  const child = spawn(program, args, {
    cwd: "/",
    env: { PATH: "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    detached: true,
  });
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stdin.on("error", () => undefined);
  return { child, pid: child.pid ?? 0, said: () => text };
}

/** Waits for a byte of one of its descriptors. */
function firstByte(child: ChildProcess, descriptor: 1 | 3, what: string, said: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => reject(unavailable(what, said().trim() || reason));
    const late = setTimeout(() => fail(`nothing within ${limitMs / 1000} s`), limitMs);
    child.stdio[descriptor]?.once("data", () => {
      clearTimeout(late);
      resolve();
    });
    child.once("close", (code, signal) => {
      clearTimeout(late);
      fail(`it ended with ${code ?? signal}`);
    });
    child.once("error", (error) => fail(error.message));
  });
}

/** From here on nothing of it keeps us. */
function leave(child: ChildProcess): void {
  for (const stream of child.stdio) stream?.destroy();
  child.unref();
}

function readLog(socket: string): string {
  const file = logOf(socket);
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}

const unavailable = (what: string, reason: string): TsdockError =>
  new TsdockError("NETWORK_UNAVAILABLE", `private networks of an ordinary user do not work here: ${what}`, {
    details: reason,
    hint: "as root: apt-get install slirp4netns uidmap, and give the user a range in /etc/subuid and /etc/subgid; or use --network host",
  });

/** Absolute path for a socket: those of the system have at most 107 bytes. */
export const socketPath = (directory: string, fallback: () => string): string => {
  const near = path.join(directory, "slirp.sock");
  return Buffer.byteLength(near) < 100 ? near : path.join(fallback(), "slirp.sock");
};
