import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TsdockError } from "../../../errors/tsdock-error.ts";
import { isAbandoned, pidOf, processOwner } from "../../../oci/store/process-owner.ts";
import type { PortMapping } from "../../network-contract.ts";
import type { Endpoints, HolderRecord } from "../plan/network-state.ts";
import { isRedirected } from "../plan/nft-script.ts";
import { holdPort, type HeldPort } from "../ports/hold-port.ts";
import type { SideKeeper } from "../side-keeper.ts";
import type { NetworkFiles } from "../state-files.ts";
import { needProgram } from "../system/run-program.ts";
import type { Side } from "../system/side.ts";
import { addForward, guestNameserver, removeForward } from "./slirp-api.ts";
import { socketPath, startHolder } from "./start-holder.ts";
import { sharesUserNamespace } from "./user-namespace.ts";

/**
 * The networks of an ordinary user are in a namespace that one process of the home keeps while containers use it, with
 * slirp4netns between it and the outside.
 */
export function rootlessKeeper(files: NetworkFiles): SideKeeper {
  const running = (): HolderRecord | undefined => livingHolder(files);
  const socket = (): string => running()?.socket ?? "";
  return {
    nameserver: guestNameserver,
    current: () => sideOf(running()),
    open: async () => sideOf(running() ?? (await start(files))) as Side,
    close: async (signal) => {
      const state = files.endpoints();
      if (state.holder === undefined || hasGuests(state, files)) return;
      await stop(state.holder, signal);
      const { holder: _gone, ...rest } = state;
      files.writeEndpoints({ ...rest, guests: [] });
    },
    hold: (request) => holdBySlirp(request, socket()),
    dropPorts: async ({ ports }) => {
      for (const port of ports.filter(isRedirected)) await removeForward(socket(), port);
    },
  };
}

/**
 * Programs and arguments by which a process enters the user namespace of the home's containers; the holder is started where
 * there is none, and stays until the process which calls this ended or has a container. Under the lock only.
 */
export async function enterHolder(files: NetworkFiles): Promise<readonly string[]> {
  const holder = livingHolder(files) ?? (await start(files));
  const state = files.endpoints();
  files.writeEndpoints({ ...state, guests: [...living(state.guests, files), processOwner()] });
  return [needProgram("nsenter"), `--user=/proc/${pidOf(holder.holder)}/ns/user`, "--"];
}

const livingHolder = (files: NetworkFiles): HolderRecord | undefined => {
  const { holder } = files.endpoints();
  return holder === undefined || isAbandoned(holder.holder, files.directory) ? undefined : holder;
};

const living = (guests: Endpoints["guests"], files: NetworkFiles): readonly string[] =>
  (guests ?? []).filter((guest) => !isAbandoned(guest, files.directory));

/** Whoever closes is done with it, and so is the process that started it only for this. */
const hasGuests = ({ guests }: Endpoints, files: NetworkFiles): boolean =>
  living(guests, files).some((guest) => ![process.pid, process.ppid].includes(pidOf(guest)));

async function start(files: NetworkFiles): Promise<HolderRecord> {
  const state = files.endpoints();
  if (state.holder !== undefined) await stop(state.holder, new AbortController().signal);
  const temporary = (): string => fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-network-"));
  return startHolder({
    newUser: process.geteuid?.() !== 0,
    socket: socketPath(files.directory, temporary),
    record: (holder) => files.writeEndpoints({ ...state, holder }),
  });
}

function sideOf(record: HolderRecord | undefined): Side | undefined {
  if (record === undefined) return undefined;
  const pid = pidOf(record.holder);
  const user = sharesUserNamespace(pid) ? [] : [`--user=/proc/${pid}/ns/user`];
  if (user.length > 0 && process.geteuid?.() === 0) throw strangers();
  const enter = [needProgram("nsenter"), ...user];
  return {
    prefix: [...enter, `--net=/proc/${pid}/ns/net`, "--"],
    userPrefix: enter,
    proc: `/proc/${pid}/net`,
  };
}

/** One user namespace cannot reach into another that is not above it. */
const strangers = (): TsdockError =>
  new TsdockError("NETWORK_FAILED", "the containers of this home live in another user namespace", {
    hint: "start the container anew",
  });

/** What this process can listen on, slirp4netns can: trying it tells why not, and finds a free port. */
async function holdBySlirp(request: PortMapping, socket: string): Promise<HeldPort> {
  if (!isRedirected(request)) {
    throw new TsdockError("PORT_UNAVAILABLE", "an ordinary user cannot publish ports on IPv6 addresses", {
      hint: `publish on an IPv4 address: -p 127.0.0.1:${request.hostPort}:${request.containerPort}`,
    });
  }
  const trial = await holdPort(request);
  const { port } = trial;
  await trial[Symbol.asyncDispose]();
  await addForward(socket, port);
  return {
    port,
    forwardTo: () => undefined,
    [Symbol.asyncDispose]: () => removeForward(socket, port),
  };
}

const endLimitMs = 2_000;

/** Ends both processes and waits until they are gone. Slirp4netns first: it has the socket. */
async function stop({ slirp, holder, socket }: HolderRecord, signal: AbortSignal): Promise<void> {
  for (const owner of [slirp, holder]) {
    if (!isAbandoned(owner, socket)) process.kill(pidOf(owner), "SIGKILL");
    const limit = Date.now() + endLimitMs;
    while (!isAbandoned(owner, socket) && Date.now() < limit) await sleep(2, undefined, { signal });
  }
  fs.rmSync(socket, { force: true });
  fs.rmSync(`${socket}.log`, { force: true });
}
