import { BlockList, isIP } from "node:net";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { isLoopback } from "./host-options.ts";

/** Proxies as HTTP_PROXY, HTTPS_PROXY and NO_PROXY give them. */
export interface ProxyOptions {
  readonly http?: string;
  readonly https?: string;
  /** Names, domains, `host:port`, addresses and address ranges, separated by commas; `*` for all. */
  readonly none?: string;
}

/**
 * URL of the proxy for a URL; undefined where it is asked directly, as every loopback address is. Error `CONFIG_INVALID` for a
 * proxy that is none; it may have a password, so it is not shown.
 */
export function proxyFor(url: URL, proxy: ProxyOptions): string | undefined {
  const [name, address] =
    url.protocol === "https:" ? ["HTTPS_PROXY", proxy.https] : ["HTTP_PROXY", proxy.http];
  if (address === undefined || address === "" || isLoopback(url.host)) return undefined;
  const entries = (proxy.none ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  if (entries.some((entry) => matches(entry.toLowerCase(), url))) return undefined;
  const whole = address.includes("://") ? address : `http://${address}`;
  if (URL.canParse(whole) && /^https?:$/.test(new URL(whole).protocol)) return whole;
  throw new TsdockError("CONFIG_INVALID", `the variable ${name} is not the URL of an HTTP proxy`, {
    hint: `write ${name}=http://[USER:PASSWORD@]HOST:PORT, or leave hosts out by NO_PROXY`,
  });
}

/** A request that failed on its way through a proxy. `cause` says how. */
export class ProxyFailure extends Error {
  /** `host:port`, without credentials. */
  readonly proxy: string;

  constructor(proxy: string, cause: unknown) {
    const { host } = new URL(proxy);
    super(`the proxy ${host}`, { cause });
    this.name = "ProxyFailure";
    this.proxy = host;
  }
}

function matches(entry: string, url: URL): boolean {
  if (entry === "*") return true;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  if (entry.includes("/")) return inRange(host, entry);
  const [, name = entry, wanted] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (wanted !== undefined && wanted !== port) return false;
  const bare = name.replace(/^\[|\]$/g, "");
  if (isIP(bare) !== 0) return bare === host;
  const domain = bare.replace(/^\*?\./, "");
  return host.endsWith(`.${domain}`) || (host === domain && !bare.startsWith("*."));
}

function inRange(host: string, range: string): boolean {
  const [network = "", bits = ""] = range.split("/");
  const family = isIP(network);
  const prefix = Number(bits);
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(bits) || prefix > (family === 4 ? 32 : 128)) {
    return false;
  }
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}
