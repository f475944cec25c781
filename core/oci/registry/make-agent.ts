import type { Dispatcher } from "undici";
import { undici } from "../../util/undici.ts";

export interface AgentOptions {
  /** URL of the proxy; none where hosts are asked directly. */
  readonly proxy: string | undefined;
  /** Certificates to trust besides Node's own, in PEM. */
  readonly ca: string | undefined;
  /** Milliseconds without a byte, in either direction, after which a transfer counts as stalled. */
  readonly idleTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Requests to one host at the same time; others wait for one of them. */
  readonly connectionsPerHost: number;
}

/** Kept connections with the same limits for every host, whether a proxy is in between or not. */
export async function makeAgent(options: AgentOptions): Promise<Dispatcher> {
  const { rootCertificates } = await import("node:tls");
  const { proxy, ca, connectTimeoutMs: timeout, idleTimeoutMs, connectionsPerHost: connections } = options;
  // `ca` replaces Node's list, so that list is given as well.
  const tls = { ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }), timeout };
  const limits = { headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs, connections };
  if (proxy === undefined) {
    const Agent = await undici.agent();
    return new Agent({ ...limits, connect: tls });
  }
  const [Pool, ProxyAgent] = await Promise.all([undici.pool(), undici.proxyAgent()]);
  return new ProxyAgent({
    ...limits,
    uri: proxy,
    requestTls: tls,
    proxyTls: { timeout },
    // Plain HTTP goes to a proxy as a whole URL: many tunnel to port 443 only.
    proxyTunnel: false,
    // undici leaves the limits out where it talks to the proxy itself.
    factory: (origin, given) => new Pool(origin, Object.assign({}, given, limits)),
    clientFactory: (origin, given) => new Pool(origin, Object.assign({}, given, limits)),
  });
}
