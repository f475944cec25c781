import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import { certificateFailure } from "../util/connection-failure.ts";
import { memoizeAsync } from "../util/memoize-async.ts";
import { sendRequest, undici } from "../util/undici.ts";

export interface HttpOptions {
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const attempts = 5;
const idleMs = 60_000;
/** What `fetch` reads whole: more is no index. */
const fetchLimit = 256 << 20;
type Response = Dispatcher.ResponseData;

type Headers = Readonly<Record<string, string>>;

export interface Http {
  /** The whole body; undefined where there is nothing. Error `DOWNLOAD_FAILED`. `ca`: trusted authorities in PEM, if not Node's. */
  fetch(url: string, headers?: Headers, ca?: string): Promise<Uint8Array | undefined>;
  /** Follows redirects, at most ten; credentials go to the first origin only. Undefined for 404 and 410. */
  get(url: string, headers?: Headers, ca?: string): Promise<Response | undefined>;
  withRetries<T>(url: string, work: () => Promise<T>): Promise<T>;
}

/** Reads over HTTP for plugins and `add`: retries, proxies, idle timeouts; never a total deadline. */
export function createHttp(options: HttpOptions): Http {
  // Each request under way listens to it.
  setMaxListeners(0, options.signal);
  const agentFor = memoizeAsync((ca: string) => makeAgent(options.env, ca === "" ? undefined : ca));

  async function get(url: string, headers: Headers = {}, ca = ""): Promise<Response | undefined> {
    const redirect = await undici.redirect();
    const dispatcher = (await agentFor(ca)).compose(redirect({ maxRedirections: 10 }));
    const response = await sendRequest(new URL(url), dispatcher, {
      method: "GET",
      signal: options.signal,
      headers: { "user-agent": "tsdock", ...headers },
    });
    if (response.statusCode === 200) return response;
    await response.body.dump();
    if (response.statusCode === 404 || response.statusCode === 410) return undefined;
    throw new HttpStatus(url, response.statusCode);
  }

  async function withRetries<T>(url: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        options.signal.throwIfAborted();
        if (error instanceof TsdockError || !isNetworkFailure(error)) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        if (attempt === attempts || !mayPass(error)) throw unreachable(url, reason, error);
        const delayMs = 200 * 2 ** attempt * (0.5 + Math.random());
        options.emit({ type: "retry", what: url, reason, delayMs, attempt });
        await sleep(delayMs, undefined, { signal: options.signal });
      }
    }
  }

  const fetchBytes = (url: string, headers?: Headers, ca?: string): Promise<Uint8Array | undefined> =>
    withRetries(url, async () => {
      const response = await get(url, headers, ca);
      if (response === undefined) return undefined;
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > fetchLimit)
          throw new TsdockError("DOWNLOAD_FAILED", `${url} is larger than ${fetchLimit} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    });

  return { fetch: fetchBytes, get, withRetries };
}

async function makeAgent(env: HttpOptions["env"], ca: string | undefined): Promise<Dispatcher> {
  const EnvHttpProxyAgent = await undici.envHttpProxyAgent();
  const pick = (name: string) => env[name.toLowerCase()] ?? env[name] ?? "";
  return new EnvHttpProxyAgent({
    httpProxy: pick("HTTP_PROXY"),
    httpsProxy: pick("HTTPS_PROXY"),
    noProxy: pick("NO_PROXY"),
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    ...(ca === undefined ? {} : { connect: { ca }, requestTls: { ca } }),
  });
}

class HttpStatus extends Error {
  readonly transient: boolean;
  constructor(url: string, status: number) {
    super(`${url} answered ${status}`);
    this.transient = status === 408 || status === 429 || status >= 500;
  }
}

/** Whether another try may help. */
const mayPass = (error: unknown): boolean =>
  error instanceof HttpStatus ? error.transient : certificateFailure(error) === undefined;

/** What undici and the system say of connections carries a code; anything else is no reason to try again. */
const isNetworkFailure = (error: unknown): boolean =>
  error instanceof HttpStatus || (error instanceof Error && "code" in error);

const unreachable = (url: string, reason: string, cause: unknown): TsdockError =>
  new TsdockError("DOWNLOAD_FAILED", `cannot read ${url}: ${reason}`, {
    cause,
    hint:
      certificateFailure(cause) !== undefined
        ? "name the authority's certificates: cafile in .npmrc for packages of npm, NODE_EXTRA_CA_CERTS for all"
        : "check the address and the network; proxies come from HTTP_PROXY and HTTPS_PROXY",
  });
