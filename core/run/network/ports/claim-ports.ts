import fs from "node:fs";
import { TsdockError } from "../../../errors/tsdock-error.ts";
import type { PortMapping } from "../../network-contract.ts";
import type { EndpointRecord } from "../plan/network-state.ts";
import type { HeldPort } from "./hold-port.ts";
import { findPortUser } from "./port-user.ts";

/** Takes one port, or rejects with the system's error. */
export type PortHolder = (request: PortMapping) => Promise<HeldPort>;

const attempts = 20;

/** All of the ports or none. Error `PORT_IN_USE`, `PORT_UNAVAILABLE`. */
export async function claimPorts(
  requests: readonly PortMapping[],
  others: readonly EndpointRecord[],
  hold: PortHolder,
): Promise<readonly HeldPort[]> {
  const held: HeldPort[] = [];
  try {
    for (const request of requests) held.push(await claimPort(request, others, hold));
    return held;
  } catch (error) {
    await Promise.all(held.map((port) => port[Symbol.asyncDispose]()));
    throw error;
  }
}

async function claimPort(
  request: PortMapping,
  others: readonly EndpointRecord[],
  hold: PortHolder,
): Promise<HeldPort> {
  for (let attempt = 0; ; attempt++) {
    const user = containerWith(request, others);
    if (user !== undefined)
      throw inUse(request, `the container ${user.name} (${user.container.slice(0, 12)})`);
    try {
      const held = await hold(request);
      // A container whose keeper was killed still has its port, though nobody listens there.
      if (containerWith(held.port, others) === undefined || attempt === attempts) return held;
      await held[Symbol.asyncDispose]();
    } catch (error) {
      throw explained(error, request);
    }
  }
}

const containerWith = (
  { hostAddress, hostPort, protocol }: PortMapping,
  others: readonly EndpointRecord[],
): EndpointRecord | undefined =>
  hostPort === 0
    ? undefined
    : others.find(({ ports }) =>
        ports.some(
          (port) =>
            port.protocol === protocol &&
            port.hostPort === hostPort &&
            (port.hostAddress === "" || hostAddress === "" || port.hostAddress === hostAddress),
        ),
      );

function explained(error: unknown, request: PortMapping): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE": {
      const user = findPortUser(request.protocol, request.hostPort);
      return inUse(
        request,
        user === undefined ? "a process of another user" : `${user.command} (process ${user.pid})`,
        error,
      );
    }
    case "EACCES":
      return privileged(request, error);
    case "EADDRNOTAVAIL":
      return new TsdockError("PORT_UNAVAILABLE", `${request.hostAddress} is no address of this machine`, {
        cause: error,
        hint: "publish on an address that `ip address` shows, or leave the address out for all of them",
      });
    default:
      return error;
  }
}

const inUse = (request: PortMapping, by: string, cause?: unknown): TsdockError =>
  new TsdockError("PORT_IN_USE", `port ${request.hostPort}/${request.protocol} is in use by ${by}`, {
    cause,
    hint: `stop that first, or publish another port, or any free one: -p ${request.containerPort}`,
  });

const firstUnprivileged = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

export const privileged = ({ hostPort, containerPort }: PortMapping, cause?: unknown): TsdockError => {
  const first = fs.readFileSync(firstUnprivileged, "latin1").trim();
  return new TsdockError(
    "PORT_UNAVAILABLE",
    `port ${hostPort} is below ${first}, which is where this user's ports begin`,
    {
      cause,
      hint: `publish a higher one: -p ${8000 + (hostPort % 1000)}:${containerPort}; or as root: sysctl net.ipv4.ip_unprivileged_port_start=${hostPort}`,
    },
  );
};
