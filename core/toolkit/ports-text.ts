import type { PortMapping } from "../run/network-contract.ts";

interface ShownPort {
  /** Empty where it is only exposed. */
  readonly ip: string;
  readonly publicPort: number;
  readonly privatePort: number;
  readonly type: string;
}

/**
 * PORTS of `docker ps`: `53/udp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp`. Ports with one number on both sides, and those that are only
 * exposed (`80/tcp`), are shown as ranges, before the others.
 */
export function portsText(published: readonly PortMapping[], exposed: readonly string[]): string {
  const taken = new Set(published.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const only = exposed.filter((port) => !taken.has(port)).map(exposedPort);
  const ports = [...published.flatMap(publishedPorts), ...only].sort(byNumber);
  const ranges = new Map<string, [number, number][]>();
  const others: string[] = [];
  for (const { ip, publicPort, privatePort, type } of ports) {
    if (ip !== "" && publicPort !== privatePort) {
      others.push(`${withPort(ip, String(publicPort))}->${privatePort}/${type}`);
      continue;
    }
    const key = `${ip}/${type}`;
    const known = ranges.get(key) ?? [];
    const last = known.at(-1);
    if (last?.[1] === privatePort - 1) last[1] = privatePort;
    else known.push([privatePort, privatePort]);
    ranges.set(key, known);
  }
  const grouped = [...ranges].flatMap(([key, known]) => known.map((range) => rangeText(key, range)));
  return [...grouped, ...others].join(", ");
}

function rangeText(key: string, [first, last]: readonly [number, number]): string {
  const [ip = "", type = ""] = key.split("/");
  const range = first === last ? String(first) : `${first}-${last}`;
  return `${ip === "" ? "" : `${withPort(ip, range)}->`}${range}/${type}`;
}

/** `0.0.0.0:80`, `[::]:80` */
export const withPort = (ip: string, port: string): string => `${ip.includes(":") ? `[${ip}]` : ip}:${port}`;

/** Where a port without an address is open. */
export const addressesOf = (hostAddress: string): readonly string[] =>
  hostAddress === "" ? ["0.0.0.0", "::"] : [hostAddress];

const publishedPorts = ({
  hostAddress,
  hostPort,
  containerPort,
  protocol,
}: PortMapping): readonly ShownPort[] =>
  addressesOf(hostAddress).map((ip) => ({
    ip,
    publicPort: hostPort,
    privatePort: containerPort,
    type: protocol,
  }));

function exposedPort(text: string): ShownPort {
  const [port = "", type = "tcp"] = text.split("/");
  return { ip: "", publicPort: 0, privatePort: Number(port), type };
}

const byNumber = (a: ShownPort, b: ShownPort): number =>
  a.privatePort - b.privatePort ||
  Number(a.ip > b.ip) - Number(a.ip < b.ip) ||
  a.publicPort - b.publicPort ||
  Number(a.type > b.type) - Number(a.type < b.type);
