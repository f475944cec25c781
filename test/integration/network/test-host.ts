import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { AttachOptions } from "../../../core/run/network/contract.ts";
import type { PortMapping } from "../../../core/run/network-contract.ts";
import { sourceLoader } from "../../../core/oci/layer/layer-pool.ts";
import { lingeringOfGroup } from "../../support/processes.ts";
import { findProgram } from "../../support/requires.ts";
import type { AgentCall, AgentReply, Reserved } from "./network-agent.ts";

/** A call that the agent refused. */
export class AgentError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: string | undefined;
  constructor(reply: Extract<AgentReply, { ok: false }>) {
    super(reply.message);
    this.code = reply.code;
    this.hint = reply.hint;
    this.details = reply.details;
  }
}

/** A process with networks of its own. */
export interface Agent extends AsyncDisposable {
  readonly pid: number;
  call<T = undefined>(call: AgentCall): Promise<T>;
  kill(): Promise<void>;
  /** What it had started and is there yet once that has had time to end: the kernel kills a process, not its children. */
  orphans(): Promise<readonly string[]>;
}

/** What a container is to the network: a process in a network namespace of its own. */
export interface Stub {
  readonly pid: number;
  readonly path: string;
  /** Runs a program there; gives what it writes. */
  run(...argv: readonly string[]): string;
  /** Starts one there that lives as long as the stub. */
  start(...argv: readonly string[]): ChildProcess;
  end(): Promise<void>;
}

/**
 * A machine of its own as far as the network goes: a namespace `NAME` with loopback, and a neighbour machine `outside`
 * (198.51.100.2) to which it (198.51.100.1) has its default route.
 */
export interface TestHost extends AsyncDisposable {
  readonly name: string;
  readonly outside: string;
  /** A directory for homes and containers. */
  readonly directory: string;
  agent(home?: string): Promise<Agent>;
  /** What comes before a program that is to run as an ordinary user of this machine, where /dev/net/tun is open to all. */
  asUser(user: { readonly uid: number; readonly gid: number }): readonly string[];
  run(...argv: readonly string[]): string;
  runOutside(...argv: readonly string[]): string;
  start(...argv: readonly string[]): ChildProcess;
  startOutside(...argv: readonly string[]): ChildProcess;
  stub(): Promise<Stub>;
  /** The stub that a container was attached with. */
  stubOf(options: AttachOptions): Stub;
  /** Links, rules and routes as text: to be equal before and after. */
  fingerprint(): string;
}

export function system(argv: readonly string[], input = ""): string {
  const [name = "", ...args] = argv;
  const result = spawnSync(findProgram(name) ?? name, args, { encoding: "utf8", input, timeout: 30_000 });
  if (result.status === 0) return result.stdout;
  throw new Error(`${argv.join(" ")}: ${result.error?.message ?? result.stderr} ${result.stdout}`);
}

export async function createTestHost(): Promise<TestHost> {
  const name = `tsdt${randomBytes(4).toString("hex")}`;
  const outside = `${name}o`;
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-network-"));
  const children: ChildProcess[] = [];
  const stubs = new Map<number, Stub>();
  system(["ip", "netns", "add", name]);
  system(["ip", "netns", "add", outside]);
  system(["ip", "-n", name, "link", "add", "up0", "type", "veth", "peer", "name", "up0", "netns", outside]);
  // The kernel would add a link-local address of IPv6 and its route a second later, in the middle of a comparison.
  const lines = (address: string): string[] => [
    "link set lo up",
    "link set up0 addrgenmode none",
    `addr add ${address}/24 dev up0`,
    "link set up0 up",
  ];
  system(["ip", "-n", outside, "-batch", "-"], `${lines("198.51.100.2").join("\n")}\n`);
  system(
    ["ip", "-n", name, "-batch", "-"],
    `${[...lines("198.51.100.1"), "route add default via 198.51.100.2"].join("\n")}\n`,
  );
  const enter = (where: string, argv: readonly string[]): readonly string[] => [
    "ip",
    "netns",
    "exec",
    where,
    ...argv,
  ];
  const launch = (argv: readonly string[]): ChildProcess => {
    const [program = "", ...args] = argv;
    const child = spawn(findProgram(program) ?? program, args, { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    return child;
  };
  return {
    name,
    outside,
    directory,
    agent: (home = path.join(directory, "home")) => startAgent(enter(name, []), home),
    asUser: ({ uid, gid }) => {
      const open = [
        "mount -t tmpfs tmpfs /dev/net",
        "mknod /dev/net/tun c 10 200",
        "chmod 666 /dev/net/tun",
        `exec setpriv --reuid=${uid} --regid=${gid} --clear-groups "$@"`,
      ];
      return enter(name, ["unshare", "--mount", "sh", "-ec", open.join("; "), "sh"]);
    },
    run: (...argv) => system(enter(name, argv)),
    runOutside: (...argv) => system(enter(outside, argv)),
    start: (...argv) => launch(enter(name, argv)),
    startOutside: (...argv) => launch(enter(outside, argv)),
    stub: async () => {
      const stub = await startStub();
      stubs.set(stub.pid, stub);
      return stub;
    },
    stubOf: ({ netns }) => stubs.get("pid" in netns ? netns.pid : 0) as Stub,
    fingerprint: () =>
      [
        system(enter(name, ["ip", "-brief", "link"])).replace(/[@ ].*$/gm, ""),
        system(enter(name, ["ip", "route", "show", "table", "all", "type", "unicast"])).replaceAll(
          " linkdown",
          "",
        ),
        system(enter(name, ["nft", "--stateless", "list", "ruleset"])),
      ].join("\n"),
    [Symbol.asyncDispose]: async () => {
      for (const child of children) await endOf(child);
      for (const stub of stubs.values()) await stub.end();
      system(["ip", "netns", "del", name]);
      system(["ip", "netns", "del", outside]);
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

/** `enter`: the program and arguments that come before `node`. */
export async function startAgent(
  enter: readonly string[],
  home: string,
  options: Parameters<typeof spawn>[2] = {},
): Promise<Agent> {
  const [program = "", ...args]: readonly string[] = [
    ...enter,
    process.execPath,
    "--import",
    sourceLoader(),
    script("./network-agent.ts"),
  ];
  const child = spawn(findProgram(program) ?? program, args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    // A group of its own, by which its children are known when it is gone.
    detached: true,
    serialization: "advanced",
    ...options,
  });
  const waiting = new Map<number, (reply: AgentReply) => void>();
  const answer = (reply: AgentReply): void => {
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  };
  child.on("message", (message) => answer(message as AgentReply));
  let count = 0;
  const gone = (): void => {
    for (const [id, resolve] of waiting)
      resolve({ id, ok: false, code: "KILLED", message: "the agent is gone" });
    waiting.clear();
  };
  child.once("exit", gone);
  const wait = (id: number): Promise<AgentReply> => new Promise((resolve) => waiting.set(id, resolve));
  await wait(0);
  const call = async <T>(message: AgentCall): Promise<T> => {
    count += 1;
    const id = count;
    const reply = wait(id);
    // A process that is being killed may be there no more.
    child.send({ id, call: message }, (error) => {
      if (error !== null) answer({ id, ok: false, code: "KILLED", message: error.message });
    });
    const said = await reply;
    if (!said.ok) throw new AgentError(said);
    return said.value as T;
  };
  await call({ type: "open", home });
  const kill = (): Promise<void> => endOf(child);
  const orphans = (): Promise<readonly string[]> => lingeringOfGroup(child.pid ?? 0);
  return { pid: child.pid ?? 0, call, kill, orphans, [Symbol.asyncDispose]: kill };
}

/** `enter`: what comes before `unshare`, as the holder's user namespace. */
export async function startStub(enter: readonly string[] = []): Promise<Stub> {
  const [program = "", ...args]: readonly string[] = [
    ...enter,
    "unshare",
    "--net",
    "sh",
    "-c",
    "echo; exec sleep 1000",
  ];
  const child = spawn(findProgram(program) ?? program, args, { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout !== null) await once(child.stdout, "data");
  const pid = child.pid ?? 0;
  const inside = [...enter, "nsenter", `--net=/proc/${pid}/ns/net`];
  const children: ChildProcess[] = [];
  return {
    pid,
    path: `/proc/${pid}/ns/net`,
    run: (...argv) => system([...inside, ...argv]),
    start: (...argv) => {
      const [first = "", ...rest]: readonly string[] = [...inside, ...argv];
      const started = spawn(findProgram(first) ?? first, rest, { stdio: ["ignore", "pipe", "pipe"] });
      children.push(started);
      return started;
    },
    end: async () => {
      for (const started of children) await endOf(started);
      await endOf(child);
    },
  };
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Starts a server that answers TCP and UDP with the address of who asks; listens when it settles. */
export async function echo(
  place: Pick<Stub, "start">,
  port: number,
  address = "0.0.0.0",
): Promise<ChildProcess> {
  const child = place.start(process.execPath, script("./echo-server.mjs"), String(port), address);
  if (child.stdout !== null) await once(child.stdout, "data");
  return child;
}

/**
 * Asks such servers, all at once: `ADDRESS/PORT` or `ADDRESS/PORT/udp`. Gives the addresses that they saw; `timeout` or a code
 * such as `ECONNREFUSED` where there is no answer.
 */
export const ask = (
  run: (...argv: readonly string[]) => string,
  ...targets: readonly string[]
): readonly string[] =>
  JSON.parse(run(process.execPath, script("./echo-client.mjs"), ...targets)) as readonly string[];

export const tcp = (containerPort: number, hostPort: number, hostAddress = ""): PortMapping => ({
  hostAddress,
  hostPort,
  containerPort,
  protocol: "tcp",
});
export const udp = (containerPort: number, hostPort: number): PortMapping => ({
  ...tcp(containerPort, hostPort),
  protocol: "udp",
});

let containers = 0;

/** What a test says of a container, with the rest filled in. */
export function containerOptions(
  host: Pick<TestHost, "directory">,
  pid: number,
  more: Partial<AttachOptions> = {},
): AttachOptions {
  const id = more.id ?? randomBytes(32).toString("hex");
  const directory = path.join(host.directory, `container-${id.slice(0, 12)}`);
  fs.mkdirSync(directory, { recursive: true });
  const name = more.name ?? `box${containers++}`;
  return {
    network: "bridge",
    id,
    name,
    hostname: id.slice(0, 12),
    ports: [],
    directory,
    netns: { pid },
    ...more,
  };
}

export type { Reserved };
