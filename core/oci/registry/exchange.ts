import type { EventSink } from "../../events.ts";
import type { HttpRequest, HttpResponse, Transport } from "./http.ts";
import { HostPauses } from "./host-pauses.ts";
import { networkFailure } from "./network-failure.ts";
import { redirectTarget } from "./redirect-target.ts";
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
  /** The body proves who asks: it is for the host that is asked and for nobody that this one names. */
  readonly secretBody?: true;
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
    const { authorization } = request;
    // Only the registry says where its tokens are to be had: storage that we are sent to may not, else it would get our credentials.
    if (response.status !== 401 || response.origin !== authorization?.origin) return response;
    if (!authorization.refused(response.header("www-authenticate"))) return response;
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
      const target = redirectTarget(location, url, request.subject.what);
      if (request.secretBody === true && target.origin !== url.origin)
        throw protocolError(request.subject.what, `it sends credentials on to ${target.host}`);
      url = target;
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
