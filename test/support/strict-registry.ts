import { setImmediate as nextTurn } from "node:timers/promises";
import type { HttpRequest, HttpResponse, Transport } from "../../core/oci/registry/http.ts";
import { BodyTooLarge } from "../../core/oci/registry/http.ts";
import { tester } from "./docker-registry.ts";
import type { ChooseFault, Fault, ProxiedRequest } from "./fault-proxy.ts";
import { refusal, type StrictAnswer, StrictRepositories, type StrictRequest } from "./strict-repositories.ts";

/**
 * A registry without a network: strict, and so quick that every request of a publish can fail in turn. It asks for tokens, which
 * it gives to the tester, one per scope: a token that is used for what it was not given for is refused.
 */
export class StrictRegistry {
  readonly host = "registry.example";
  readonly repositories = new StrictRepositories();
  readonly #tokens = new Map<string, readonly string[]>();

  /** A way to it on which `choose` says what goes wrong, as undici would tell of it. */
  transport(choose: ChooseFault): Transport {
    let number = 0;
    return {
      request: async (request) => {
        request.signal?.throwIfAborted();
        const { method, url, headers } = request;
        const seen: ProxiedRequest = {
          method,
          target: `${url.pathname}${url.search}`,
          headers,
          status: undefined,
        };
        const fault = await choose(seen, number++);
        // Requests that run at once take turns.
        await nextTurn();
        const answer = await this.#exchange(request, fault);
        request.signal?.throwIfAborted();
        return answer;
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  async #exchange(request: HttpRequest, fault: Fault | undefined): Promise<HttpResponse> {
    if (fault?.type === "reset") throw failure("ECONNRESET");
    if (fault?.type === "stall") throw failure("UND_ERR_HEADERS_TIMEOUT");
    const body = await bodyOf(request, fault?.type === "cut-upload" ? fault.after : undefined);
    const asked: StrictRequest = { method: request.method, url: request.url, headers: request.headers, body };
    if (fault?.type === "cut-upload" && request.body !== undefined && body.length < request.body.length) {
      this.repositories.takePart(asked);
      throw failure("EPIPE");
    }
    if (fault?.type === "answer") return responseOf(spoilt(fault, challenge(asked)));
    const answer = this.#answer(asked);
    if (fault?.type === "lose-answer") throw failure("UND_ERR_SOCKET");
    if (fault?.type === "change")
      return responseOf({ ...answer, headers: { ...answer.headers, ...fault.headers } });
    return responseOf(answer, fault?.type === "truncate" ? fault.after : undefined);
  }

  #answer(request: StrictRequest): StrictAnswer {
    if (request.url.pathname === "/token") return this.#giveToken(request);
    const [, token = ""] = /^Bearer (.+)$/.exec(request.headers["authorization"] ?? "") ?? [];
    const granted = this.#tokens.get(token);
    if (granted === undefined || !scopesOf(request).every((scope) => granted.includes(scope)))
      return challenge(request);
    return request.url.pathname === "/v2/" ? json({}) : this.repositories.answer(request);
  }

  #giveToken({ headers, url }: StrictRequest): StrictAnswer {
    if (headers["authorization"] !== basic) return refusal(401, "UNAUTHORIZED", "wrong password");
    const granted = url.searchParams.getAll("scope").flatMap((scope) => {
      const [, name = "", actions = ""] = /^repository:(.+):([\w,]+)$/.exec(scope) ?? [];
      return actions.split(",").map((action) => `${name}:${action}`);
    });
    const token = `token-${this.#tokens.size}`;
    this.#tokens.set(token, granted);
    return json({ token, expires_in: 300 });
  }
}

const failure = (code: string): Error => Object.assign(new Error(code), { code });
const basic = `Basic ${Buffer.from(`${tester.username}:${tester.password}`).toString("base64")}`;

function json(value: object): StrictAnswer {
  const body = Buffer.from(JSON.stringify(value));
  return { status: 200, headers: { "content-length": String(body.length) }, body };
}

/** `NAME:ACTION` for everything that a request does. */
function scopesOf({ method, url }: StrictRequest): readonly string[] {
  const [, name] = /^\/v2\/(.+)\/(?:blobs|manifests|tags)\//.exec(url.pathname) ?? [];
  if (name === undefined) return [];
  const from = url.searchParams.get("from");
  const action = method === "GET" || method === "HEAD" ? "pull" : "push";
  return [`${name}:${action}`, ...(from === null ? [] : [`${from}:pull`])];
}

function challenge(request: StrictRequest): StrictAnswer {
  const refused = refusal(401, "UNAUTHORIZED", "authentication required");
  const scopes = scopesOf(request).map((scope) => `repository:${scope.replace(/push$/, "pull,push")}`);
  const scope = scopes.length === 0 ? "" : `,scope="${scopes.join(" ")}"`;
  const bearer = `Bearer realm="${request.url.origin}/token",service="registry.example"${scope}`;
  return { ...refused, headers: { ...refused.headers, "www-authenticate": bearer } };
}

/** Another answer; a 401 that asks for nothing would be another fault: registries say what they want. */
function spoilt(
  { status, headers, body = "" }: Extract<Fault, { type: "answer" }>,
  asks: StrictAnswer,
): StrictAnswer {
  if (status === 401) return asks;
  return { status, headers: { "content-length": String(body.length), ...headers }, body: Buffer.from(body) };
}

/** What is sent, up to `limit` bytes. */
async function bodyOf({ body }: HttpRequest, limit = Number.POSITIVE_INFINITY): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  const content = body.open();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    const part = chunk.subarray(0, limit - length);
    chunks.push(part);
    length += part.length;
    if (length >= limit) break;
  }
  if (length !== body.length && length < limit) throw failure("UND_ERR_REQ_CONTENT_LENGTH_MISMATCH");
  return Buffer.concat(chunks);
}

/** `cutAfter`: bytes of the body after which the connection is lost. */
function responseOf({ status, headers, body }: StrictAnswer, cutAfter = body.length): HttpResponse {
  const whole = cutAfter >= body.length;
  async function* read(): AsyncGenerator<Uint8Array> {
    yield body.subarray(0, cutAfter);
    if (!whole) throw failure("UND_ERR_SOCKET");
  }
  return {
    status,
    header: (name) => headers[name],
    body: read(),
    read(limit) {
      if (!whole) return Promise.reject(failure("UND_ERR_SOCKET"));
      return body.length > limit ? Promise.reject(new BodyTooLarge(limit)) : Promise.resolve(body);
    },
    discard: () => Promise.resolve(),
  };
}
