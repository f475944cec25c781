import { isIP } from "node:net";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { defaultRegistry, isRegistry, type Reference } from "../spec/reference.ts";

/** How one registry is reached: `registries` in the configuration. */
export interface HostOptions {
  /** Plain HTTP. Unless given: only for loopback addresses, and not where `ca` is. */
  readonly http?: boolean;
  /** Certificates to trust besides those of the system, in PEM. */
  readonly ca?: string;
  /** `host[:port][/path]` of a registry that is asked first when something is read. */
  readonly mirror?: string;
}

/** One place where a repository is to be had. */
export interface Endpoint {
  /** Whose credentials are used: `host[:port]`. */
  readonly registry: string;
  /** `https://host:port`, without a path. */
  readonly origin: string;
  /** Path of the repository there. */
  readonly repository: string;
  readonly ca: string | undefined;
}

/** Where the API of Docker Hub lives; its name in references is another. */
const hubHost = "registry-1.docker.io";

/** Whether a host name or address means this machine. `host` may carry a port. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  return name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}

function endpoint(
  registry: string,
  repository: string,
  hosts: Readonly<Record<string, HostOptions>>,
): Endpoint {
  const options = hosts[registry] ?? {};
  const plain = options.http ?? (isLoopback(registry) && options.ca === undefined);
  const host = registry === defaultRegistry ? hubHost : registry;
  return { registry, origin: `${plain ? "http" : "https"}://${host}`, repository, ca: options.ca };
}

/** Where to write to the repository, and to read from it if the registry has no mirror. */
export const originOf = (
  reference: Pick<Reference, "registry" | "repository">,
  hosts: Readonly<Record<string, HostOptions>>,
): Endpoint => endpoint(reference.registry, reference.repository, hosts);

/** Where to read the repository from, in order: its mirror, then itself. Error `CONFIG_INVALID` for a mirror that is none. */
export function endpointsOf(
  reference: Pick<Reference, "registry" | "repository">,
  hosts: Readonly<Record<string, HostOptions>>,
): readonly Endpoint[] {
  const origin = originOf(reference, hosts);
  const mirror = hosts[reference.registry]?.mirror;
  if (mirror === undefined) return [origin];
  const [host = "", ...path] = mirror.split("/").filter((part) => part !== "");
  if (!isRegistry(host)) {
    throw new TsdockError(
      "CONFIG_INVALID",
      `the mirror ${JSON.stringify(mirror)} of ${reference.registry} is not a host`,
      { hint: "write host[:port][/path]; say http: true for that host where it has no TLS" },
    );
  }
  return [endpoint(host, [...path, reference.repository].join("/"), hosts), origin];
}
