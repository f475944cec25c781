import { setMaxListeners } from "node:events";
import type { Dispatcher } from "undici";
import { type ProxyOptions, proxyFor } from "./proxy.ts";

/** What is sent with a request: known in length, and readable again from its start for the next try. */
export interface RequestBody {
  /** Bytes. */
  readonly length: number;
  open(): Uint8Array | AsyncIterable<Uint8Array>;
}

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody | undefined;
  /** Certificates to trust besides the system's, in PEM. */
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body is still on its way: read it or `discard` it, else its connection is lost. */
export interface HttpResponse {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Everything; destroys the connection and throws a `BodyTooLarge` if there are more than `limit` bytes. */
  read(limit: number): Promise<Buffer>;
  /** Throws the rest away. */
  discard(): Promise<void>;
}

export interface HttpOptions {
  readonly proxy: ProxyOptions;
  /** Milliseconds without a byte, in either direction, after which a transfer counts as stalled. */
  readonly idleTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Requests to one host at the same time; others wait for one of them. */
  readonly connectionsPerHost: number;
}

/** More bytes than an answer of its kind may have. */
export class BodyTooLarge extends Error {
  constructor(limit: number) {
    super(`more than ${limit} bytes`);
    this.name = "BodyTooLarge";
  }
}

/** Bytes that are read and thrown away to keep a connection; a longer rest closes it. */
const discardLimit = 128 * 1024;

/** HTTP requests over kept connections: one try each, no redirects, no retries. undici is loaded by the first. */
export class Http implements AsyncDisposable {
  readonly #options: HttpOptions;
  readonly #agents = new Map<string, Promise<Dispatcher>>();

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** Rejects with what undici or the system says: see `network-failure.ts`. */
  async request(request: HttpRequest): Promise<HttpResponse> {
    const { request: send } = await import("undici");
    const { signal, body } = request;
    // Many transfers listen to one signal.
    if (signal !== undefined) setMaxListeners(0, signal);
    const answer = await send(request.url, {
      dispatcher: await this.#agent(request.url, request.ca),
      method: request.method,
      headers: {
        ...request.headers,
        ...(body === undefined ? {} : { "content-length": String(body.length) }),
      },
      body: body === undefined ? null : (body.open() as Uint8Array),
      ...(signal === undefined ? {} : { signal }),
    });
    return response(answer);
  }

  #agent(url: URL, ca: string | undefined): Promise<Dispatcher> {
    const proxy = proxyFor(url, this.#options.proxy);
    const key = `${proxy ?? ""} ${ca ?? ""}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const made = this.#makeAgent(proxy, ca);
    this.#agents.set(key, made);
    return made;
  }

  async #makeAgent(proxy: string | undefined, ca: string | undefined): Promise<Dispatcher> {
    const [{ Agent, ProxyAgent }, { rootCertificates }] = await Promise.all([
      import("undici"),
      import("node:tls"),
    ]);
    const { connectTimeoutMs, idleTimeoutMs, connectionsPerHost: connections } = this.#options;
    // `ca` replaces Node's list, so that list is given as well.
    const tls = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
    const limits = { headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs, connections };
    if (proxy === undefined) {
      return new Agent({ ...limits, connect: { ...tls, timeout: connectTimeoutMs } });
    }
    return new ProxyAgent({ ...limits, uri: proxy, requestTls: { ...tls, timeout: connectTimeoutMs } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const agents = await Promise.all(this.#agents.values());
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }
}

function response(answer: Dispatcher.ResponseData): HttpResponse {
  const { statusCode, headers, body } = answer;
  return {
    status: statusCode,
    header(name) {
      const value = headers[name.toLowerCase()];
      return typeof value === "string" ? value : value?.join(", ");
    },
    body,
    async read(limit) {
      const chunks: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        length += chunk.length;
        if (length > limit) throw new BodyTooLarge(limit);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks, length);
    },
    discard: () => body.dump({ limit: discardLimit }),
  };
}
