import { setMaxListeners } from "node:events";
import type { Dispatcher } from "undici";
import { sendRequest } from "../../util/undici.ts";
import { type AgentOptions, makeAgent } from "./make-agent.ts";
import { ProxyFailure, type ProxyOptions, proxyFor } from "./proxy.ts";

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

export interface HttpOptions extends Omit<AgentOptions, "proxy" | "ca"> {
  readonly proxy: ProxyOptions;
  readonly userAgent: string;
}

/** One try of a request, without redirects. Rejects with what undici or the system says: see `network-failure.ts`. */
export interface Transport extends AsyncDisposable {
  request(request: HttpRequest): Promise<HttpResponse>;
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
export class Http implements Transport {
  readonly #options: HttpOptions;
  readonly #agents = new Map<string, Promise<Dispatcher>>();

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const { signal, body, url } = request;
    // Many transfers listen to one signal.
    if (signal !== undefined) setMaxListeners(0, signal);
    const proxy = proxyFor(url, this.#options.proxy);
    const answer = await sendRequest(url, await this.#agent(proxy, request.ca), {
      method: request.method,
      headers: {
        "user-agent": this.#options.userAgent,
        ...request.headers,
        ...(body === undefined ? {} : { "content-length": String(body.length) }),
      },
      body: body === undefined ? null : (body.open() as Uint8Array),
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      throw proxy === undefined ? error : new ProxyFailure(proxy, error);
    });
    return response(answer);
  }

  #agent(proxy: string | undefined, ca: string | undefined): Promise<Dispatcher> {
    const key = `${proxy ?? ""} ${ca ?? ""}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const made = makeAgent({ ...this.#options, proxy, ca });
    this.#agents.set(key, made);
    return made;
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
