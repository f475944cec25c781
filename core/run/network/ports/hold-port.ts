import dgram from "node:dgram";
import net from "node:net";
import type { PortMapping } from "../../network-contract.ts";

/** A port that nobody else can take while this process lives. */
export interface HeldPort extends AsyncDisposable {
  readonly port: PortMapping;
  /** Where connections go that the kernel did not redirect on their way: those over IPv6. */
  forwardTo(address: string): void;
}

const anyAddress = "0.0.0.0";

/**
 * Listens on a port of this machine: on its address, else on all of them, IPv4 and where there is one IPv6. Rejects with the
 * system's error (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`).
 */
export async function holdPort(request: PortMapping): Promise<HeldPort> {
  return request.protocol === "udp" ? holdUdp(request) : holdTcp(request);
}

async function holdTcp(request: PortMapping): Promise<HeldPort> {
  const target: Target = { address: undefined, port: request.containerPort, open: new Set() };
  const servers =
    request.hostAddress === ""
      ? await listenEverywhere(target, request.hostPort)
      : [await listen(target, { host: request.hostAddress, port: request.hostPort })];
  return {
    port: { ...request, hostPort: portOf(servers[0]) },
    forwardTo: (address) => (target.address = address),
    [Symbol.asyncDispose]: () => close(servers, target),
  };
}

interface Target {
  address: string | undefined;
  readonly port: number;
  readonly open: Set<net.Socket>;
}

const portOf = (server: net.Server | undefined): number => (server?.address() as net.AddressInfo).port;

function listen(target: Target, place: net.ListenOptions): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => carry(socket, target));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...place, exclusive: true }, () => {
      server.unref();
      server.off("error", reject);
      // A listening socket that fails later (out of descriptors) loses connections, not the container.
      server.on("error", () => undefined);
      resolve(server);
    });
  });
}

/**
 * One socket for both families: without an address Node looks no name up, which would load what takes ten times as long. Where IPv6 cannot
 * be had, for whatever reason, Node takes IPv4 alone.
 */
async function listenEverywhere(target: Target, wanted: number): Promise<readonly net.Server[]> {
  const server = await listen(target, { port: wanted });
  if ((server.address() as net.AddressInfo).family === "IPv6") return [server];
  try {
    return [server, ...(await listenOnIpv6(target, portOf(server)))];
  } catch (error) {
    await close([server], target);
    throw error;
  }
}

/** Machines without IPv6 have nothing to listen on there. */
async function listenOnIpv6(target: Target, port: number): Promise<readonly net.Server[]> {
  try {
    return [await listen(target, { host: "::", port, ipv6Only: true })];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL") return [];
    throw error;
  }
}

/** Both directions until each has ended; an error of one side ends the other. */
function carry(socket: net.Socket, { address, port, open }: Target): void {
  if (address === undefined) {
    socket.destroy();
    return;
  }
  const inner = net.connect({ host: address, port, allowHalfOpen: true });
  for (const [from, to] of [
    [socket, inner],
    [inner, socket],
  ] as const) {
    open.add(from);
    from.setNoDelay(true);
    from.on("error", () => to.destroy());
    from.once("close", () => {
      open.delete(from);
      if (from.errored !== null) to.destroy();
    });
    from.pipe(to);
  }
}

async function close(servers: readonly net.Server[], { open }: Target): Promise<void> {
  for (const socket of open) socket.destroy();
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
}

async function holdUdp(request: PortMapping): Promise<HeldPort> {
  const address = request.hostAddress || anyAddress;
  const socket = dgram.createSocket({ type: address.includes(":") ? "udp6" : "udp4", reuseAddr: false });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port: request.hostPort, exclusive: true }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  socket.unref();
  // Whatever the kernel did not redirect is dropped: answers would have to come from this very socket.
  socket.on("error", () => undefined);
  return {
    port: { ...request, hostPort: socket.address().port },
    forwardTo: () => undefined,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}
