import { BlockList, isIP } from "node:net";
import { isLoopback } from "./host-options.ts";

/** Proxies as HTTP_PROXY, HTTPS_PROXY and NO_PROXY give them. */
export interface ProxyOptions {
  readonly http?: string;
  readonly https?: string;
  /** Names, domains, `host:port`, addresses and address ranges, separated by commas; `*` for all. */
  readonly none?: string;
}

/** The proxy for a URL; undefined where it is asked directly, as every loopback address is. */
export function proxyFor(url: URL, proxy: ProxyOptions): string | undefined {
  const address = url.protocol === "https:" ? proxy.https : proxy.http;
  if (address === undefined || address === "" || isLoopback(url.host)) return undefined;
  const entries = (proxy.none ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  return entries.some((entry) => matches(entry.toLowerCase(), url)) ? undefined : address;
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
