import { TsdockError } from "../errors/tsdock-error.ts";
import type { PortMapping } from "../run/network-contract.ts";
import { requireContainer } from "./container-operations.ts";
import type { Host } from "./host.ts";
import { addressesOf, withPort } from "./ports-text.ts";

export interface PublishedAt {
  /** `80/tcp` */
  readonly port: string;
  /** `0.0.0.0:8080`, `[::]:8080` */
  readonly address: string;
}

/** Where a container's ports are published, all or one (`80`, `53/udp`). Errors `CONTAINER_NOT_FOUND`, `PORT_NOT_PUBLISHED`. */
export async function containerPorts(
  name: string,
  port: string | undefined,
  host: Host,
): Promise<readonly PublishedAt[]> {
  const { container } = await requireContainer(name, host);
  const all = (container.state().network?.ports ?? []).flatMap(publishedAt);
  if (port === undefined) return all;
  const wanted = port.includes("/") ? port.toLowerCase() : `${port}/tcp`;
  const found = all.filter((one) => one.port === wanted);
  if (found.length > 0) return found;
  throw new TsdockError("PORT_NOT_PUBLISHED", `no public port ${wanted} published for ${name}`, {
    hint: `tsdock port ${name} shows those that are`,
  });
}

function publishedAt({
  hostAddress,
  hostPort,
  containerPort,
  protocol,
}: PortMapping): readonly PublishedAt[] {
  const port = `${containerPort}/${protocol}`;
  return addressesOf(hostAddress).map((ip) => ({ port, address: withPort(ip, String(hostPort)) }));
}
