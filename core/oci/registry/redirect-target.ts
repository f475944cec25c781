import { BlockList, isIP } from "node:net";
import { protocolError } from "./registry-error.ts";

/** This machine: a name that is looked up nowhere else, or an address. */
const loopback = new BlockList();
loopback.addSubnet("0.0.0.0", 8, "ipv4");
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::", "ipv6");
loopback.addAddress("::1", "ipv6");

/** The wire that this machine is on: in clouds, where it is given its own secrets. */
const linkLocal = new BlockList();
linkLocal.addSubnet("169.254.0.0", 16, "ipv4");
linkLocal.addSubnet("fe80::", 10, "ipv6");
linkLocal.addAddress("fd00:ec2::254", "ipv6");

function isIn(list: BlockList, { hostname }: URL): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
}

const isHere = (url: URL): boolean => /(?:^|\.)localhost\.?$/.test(url.hostname) || isIn(loopback, url);

/**
 * Why nobody at `from` may send us to `target`; undefined where there is nothing against it. A registry elsewhere has no
 * business with what only this machine can reach.
 */
function objection(from: URL, target: URL): string | undefined {
  if (target.hostname === from.hostname) return undefined;
  if (isIn(linkLocal, target)) return `${target.hostname} is an address of this machine's own network`;
  return isHere(target) && !isHere(from) ? `${target.hostname} means this machine` : undefined;
}

/** Names and passwords in a URL are nobody's: what is sent are our credentials, or none. */
function withoutUser(url: URL): URL {
  url.username = "";
  url.password = "";
  return url;
}

const parse = (text: string, base?: URL): URL | undefined => {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) ? withoutUser(url) : undefined;
};

/** Where a `Location` or a `Link` leads. Never from TLS to plain HTTP. Error `REGISTRY_PROTOCOL`. */
export function redirectTarget(location: string, from: URL, what: string): URL {
  const target = parse(location, from);
  if (target === undefined) throw protocolError(what, "it redirects to what is not a URL");
  if (from.protocol === "https:" && target.protocol !== "https:") {
    // A proxy that ends TLS often leaves the registry unaware of it.
    if (target.hostname === from.hostname) return new URL(`${target.pathname}${target.search}`, from.origin);
    throw protocolError(what, `it redirects to ${target.host} without TLS`);
  }
  const against = objection(from, target);
  if (against !== undefined) throw protocolError(what, `it redirects to where it may not: ${against}`);
  return target;
}

/** The token service that the registry at `origin` names: credentials go there. Error `REGISTRY_PROTOCOL`. */
export function tokenService(realm: string, origin: string, what: string): URL {
  const url = parse(realm);
  if (url === undefined) throw protocolError(what, "its token service is not a URL");
  const from = new URL(origin);
  const against = objection(from, url);
  if (against !== undefined)
    throw protocolError(what, `its token service is where it may not be: ${against}`);
  // A registry of this machine needs no TLS; that says nothing of others.
  const plain = from.protocol === "http:" && (isHere(url) || !isHere(from));
  if (url.protocol === "https:" || plain) return url;
  throw protocolError(what, `its token service ${url.host} has no TLS: credentials are not sent there`);
}
