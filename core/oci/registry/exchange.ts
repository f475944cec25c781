import type { EventSink } from "../../events.ts";
import type { HttpRequest, HttpResponse, Transport } from "./http.ts";
import { HostPauses } from "./host-pauses.ts";
import { networkFailure } from "./network-failure.ts";
import { protocolError, readMessages, type Subject, statusError, transportError } from "./registry-error.ts";
import { isTransientStatus, parseRetryAfter, RetryBudget, type RetryPolicy } from "./retry.ts";

/** Proves who asks, to one origin and no other. */
export interface Authorization {
  readonly origin: string;
  /** The value of the `Authorization` header; undefined where none is needed. */
  header(): Promise<string | undefined>;
  /** Called with the header of a 401; true if it is worth asking again. */
  refused(challenge: string | undefined): boolean;
}

export interface ExchangeRequest extends HttpRequest {
  readonly subject: Subject;
  /** Statuses that the caller understands; any other is an error. */
  readonly accept: readonly number[];
  readonly authorization?: Authorization | undefined;
}

/** What came, and who answered in the end. */
interface Answer extends HttpResponse {
  readonly origin: string;
}

const redirects: readonly number[] = [301, 302, 303, 307, 308];
/** Redirects that keep the method and the body (RFC 9110, 15.4.8 and 15.4.9). */
const keepMethod: readonly number[] = [307, 308];
const redirectLimit = 5;

/** Requests with what HTTP between strangers needs: credentials, redirects, and other tries. */
export class Exchange {
  readonly #http: Transport;
  readonly #policy: RetryPolicy;
  readonly #emit: EventSink;
  readonly #pauses = new HostPauses();
  /** Origins that have answered in this run: where they stop, it is worth waiting. */
  readonly #contacts = new Set<string>();

  constructor(http: Transport, policy: RetryPolicy, emit: EventSink) {
    this.#http = http;
    this.#policy = policy;
    this.#emit = emit;
  }

  /** A budget of failures for an undertaking of several requests. */
  budget(what: string): RetryBudget {
    return new RetryBudget(this.#policy, this.#emit, what);
  }

  /** Tries until an answer with an accepted status comes, a final one, or the budget is spent. */
  async send(request: ExchangeRequest): Promise<HttpResponse> {
    const budget = this.budget(request.subject.what);
    for (;;) {
      const answer = await this.tryOnce(request, budget);
      if (answer !== undefined) return answer;
    }
  }

  /**
   * One try. Undefined where it failed in a way that passes, after the pause that `budget` allows; throws where
   * it is spent or the failure is final.
   */
  async tryOnce(request: ExchangeRequest, budget: RetryBudget): Promise<HttpResponse | undefined> {
    const { signal, subject } = request;
    let response: Answer;
    try {
      response = await this.#attempt(request);
    } catch (error) {
      await this.recover(error, request, budget);
      return undefined;
    }
    const { status } = response;
    if (request.accept.includes(status)) return response;
    const transient = isTransientStatus(status);
    const retryAfter = parseRetryAfter(response.header("retry-after"), Date.now());
    if (transient && retryAfter !== undefined)
      this.#pauses.begin(response.origin, Math.min(retryAfter, this.#policy.maxRetryAfterMs));
    const messages = await readMessages(response);
    if (transient && (await budget.spend(`status ${status}`, retryAfter, signal))) return undefined;
    throw statusError(subject, status, messages);
  }

  /** Waits if what was thrown is a failure that passes; throws what it means otherwise. */
  async recover(
    error: unknown,
    { url, subject, signal }: Pick<ExchangeRequest, "url" | "subject" | "signal">,
    budget: RetryBudget,
  ): Promise<void> {
    signal?.throwIfAborted();
    const failure = networkFailure(error);
    const passes =
      failure?.retry === "yes" || (failure?.retry === "after-contact" && this.#contacts.has(url.origin));
    if (failure !== undefined && passes && (await budget.spend(failure.reason, undefined, signal))) return;
    throw transportError(subject, error);
  }

  /** One request with its redirects, and once more with new credentials if they are refused. */
  async #attempt(request: ExchangeRequest): Promise<Answer> {
    const response = await this.#follow(request);
    if (response.status !== 401 || request.authorization === undefined) return response;
    if (!request.authorization.refused(response.header("www-authenticate"))) return response;
    await response.discard();
    return this.#follow(request);
  }

  async #follow(request: ExchangeRequest): Promise<Answer> {
    let { url } = request;
    for (let hops = 0; ; hops++) {
      const response = await this.#request(request, url);
      const location = response.header("location");
      if (location === undefined || !isFollowed(request, response.status))
        return { ...response, origin: url.origin };
      await response.discard();
      if (hops === redirectLimit) throw protocolError(request.subject.what, "it redirects without end");
      url = redirectTarget(location, url, request.subject);
    }
  }

  async #request(request: ExchangeRequest, url: URL): Promise<HttpResponse> {
    const { authorization, method, headers, body, ca, signal } = request;
    // Credentials are for the host that they belong to: storage that we are sent to never sees them.
    const secret = authorization?.origin === url.origin ? await authorization.header() : undefined;
    await this.#pauses.wait(url.origin, signal);
    const response = await this.#http.request({
      method,
      url,
      headers: secret === undefined ? headers : { ...headers, authorization: secret },
      body,
      ca,
      signal,
    });
    this.#contacts.add(url.origin);
    return response;
  }
}

const isFollowed = ({ method, accept }: ExchangeRequest, status: number): boolean =>
  redirects.includes(status) &&
  !accept.includes(status) &&
  (method === "GET" || method === "HEAD" || keepMethod.includes(status));

/** Where a `Location` leads. Never from TLS to plain HTTP. */
export function redirectTarget(location: string, from: URL, subject: Subject): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol)) {
    throw protocolError(subject.what, "it redirects to what is not a URL");
  }
  if (from.protocol !== "https:" || target.protocol === "https:") return target;
  // A proxy that ends TLS often leaves the registry unaware of it.
  if (target.hostname === from.hostname) {
    return new URL(`${target.pathname}${target.search}`, from.origin);
  }
  throw protocolError(subject.what, `it redirects to ${target.host} without TLS`);
}
