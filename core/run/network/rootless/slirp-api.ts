import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { TsdockError } from "../../../errors/tsdock-error.ts";
import type { PortMapping } from "../../network-contract.ts";

/** The address of the namespace behind slirp4netns. */
export const guestAddress = "10.0.2.100";
/** Its resolver, which asks those of this machine. */
export const guestNameserver = "10.0.2.3";

const limitMs = 5_000;

interface HostForward {
  readonly id: number;
  readonly proto: string;
  readonly host_addr: string;
  readonly host_port: number;
}

/** Listens on a port of this machine; the namespace gets it under the same number. slirp4netns(1), API SOCKET. */
export async function addForward(socket: string, port: PortMapping): Promise<void> {
  await call(socket, "add_hostfwd", {
    proto: port.protocol,
    host_addr: hostAddressOf(port),
    host_port: port.hostPort,
    guest_addr: guestAddress,
    guest_port: port.hostPort,
  });
}

/** Stops listening; not listening is no error, nor is a slirp4netns that is gone. */
export async function removeForward(socket: string, port: PortMapping): Promise<void> {
  try {
    await removeListed(socket, port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ECONNREFUSED") throw error;
  }
}

async function removeListed(socket: string, port: PortMapping): Promise<void> {
  const { entries = [] } = (await call(socket, "list_hostfwd", undefined)) as { entries?: HostForward[] };
  const found = entries.find(
    (entry) =>
      entry.proto === port.protocol &&
      entry.host_port === port.hostPort &&
      entry.host_addr === hostAddressOf(port),
  );
  if (found !== undefined) await call(socket, "remove_hostfwd", { id: found.id });
}

const hostAddressOf = ({ hostAddress }: PortMapping): string => hostAddress || "0.0.0.0";

/** A list comes as `{entries}`, everything else as `{return}`. */
interface Answer {
  readonly return?: object;
  readonly entries?: readonly HostForward[];
  readonly error?: { readonly desc?: string };
}

/** One request a connection. Error `NETWORK_FAILED`. */
async function call(socket: string, execute: string, args: object | undefined): Promise<object> {
  const request = JSON.stringify({ execute, ...(args === undefined ? {} : { arguments: args }) });
  const text = await exchangeInTurn(socket, request);
  const answer = JSON.parse(text || "{}") as Answer;
  if (answer.entries !== undefined) return answer;
  if (answer.return !== undefined) return answer.return;
  throw new TsdockError(
    "NETWORK_FAILED",
    `slirp4netns refused ${execute}: ${answer.error?.desc ?? "it said nothing"}`,
    { details: request, hint: "run `tsdock network prune` and try again, or use --network host" },
  );
}

/** It takes one connection at a time and refuses others at once. */
async function exchangeInTurn(socket: string, request: string): Promise<string> {
  const limit = Date.now() + limitMs;
  for (;;) {
    try {
      return await exchange(socket, request);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || Date.now() > limit) throw error;
    }
    await sleep(2);
  }
}

function exchange(socket: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const connection = net.connect({ path: socket });
    connection.setTimeout(limitMs, () => connection.destroy(new Error("slirp4netns does not answer")));
    connection.on("data", (chunk: Buffer) => (text += chunk.toString()));
    connection.once("error", reject);
    connection.once("close", () => {
      resolve(text);
    });
    connection.end(request);
  });
}
