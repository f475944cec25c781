import type { EventSink } from "../../events.ts";
import { Authorizer } from "./authorizer.ts";
import { anonymous, type Credential, type CredentialsProvider } from "./credentials.ts";
import type { Exchange, ExchangeRequest } from "./exchange.ts";
import type { Endpoint } from "./host-options.ts";
import type { HttpRequest, HttpResponse, RequestBody } from "./http.ts";
import type { RetryBudget } from "./retry.ts";

/** One request of the distribution-spec to a repository. */
export interface RegistryRequest {
  readonly endpoint: Endpoint;
  readonly method: HttpRequest["method"];
  /** Below `/v2/REPOSITORY/`, with its query; or a complete URL that the registry gave. */
  readonly target: string | URL;
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly accept: readonly number[];
  /** For messages: `push a layer to ghcr.io/acme/web`. */
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

/** Requests to registries with their credentials, found once per registry and repository. */
export class Session {
  readonly exchange: Exchange;
  readonly #credentials: CredentialsProvider;
  readonly #emit: EventSink;
  readonly #found = new Map<string, Promise<Credential>>();
  readonly #authorizers = new Map<string, Promise<Authorizer>>();

  constructor(exchange: Exchange, credentials: CredentialsProvider, emit: EventSink) {
    this.exchange = exchange;
    this.#credentials = credentials;
    this.#emit = emit;
  }

  /** With other tries as the policy has it. */
  async send(request: RegistryRequest): Promise<HttpResponse> {
    return this.exchange.send(await this.prepare(request));
  }

  /** Proves the credentials to a registry; false where it asks for none. */
  async authenticate(endpoint: Endpoint, signal: AbortSignal | undefined): Promise<boolean> {
    const authorizer = await this.#authorizer(endpoint, signal);
    const response = await this.send({
      endpoint,
      method: "GET",
      target: new URL("/v2/", endpoint.origin),
      scopes: [],
      accept: [200],
      what: `log in to ${endpoint.registry}`,
      signal,
    });
    await response.discard();
    return authorizer.isChallenged;
  }

  /** One try; undefined after a failure that passes and its pause: see `Exchange.tryOnce`. */
  async tryOnce(request: RegistryRequest, budget: RetryBudget): Promise<HttpResponse | undefined> {
    return this.exchange.tryOnce(await this.prepare(request), budget);
  }

  /** The request with its URL and its credentials. */
  async prepare(request: RegistryRequest): Promise<ExchangeRequest> {
    const { endpoint, method, target, scopes, headers, body, accept, what, signal } = request;
    const authorizer = await this.#authorizer(endpoint, signal);
    const subject = { what, registry: endpoint.registry, credentials: authorizer.credential.source };
    return {
      method,
      url: target instanceof URL ? target : new URL(`/v2/${endpoint.repository}/${target}`, endpoint.origin),
      headers: headers ?? {},
      body,
      ca: endpoint.ca,
      signal,
      subject,
      accept,
      authorization: authorizer.for(scopes, subject, signal),
    };
  }

  async #authorizer(endpoint: Endpoint, signal: AbortSignal | undefined): Promise<Authorizer> {
    const credential = await this.#credential(endpoint, signal);
    const key = `${endpoint.origin} ${credential.source}`;
    const known = this.#authorizers.get(key);
    if (known !== undefined) return known;
    const made = this.#introduce(endpoint, credential, signal);
    this.#authorizers.set(key, made);
    made.catch(() => this.#authorizers.delete(key));
    return made;
  }

  #credential({ registry, repository }: Endpoint, signal: AbortSignal | undefined): Promise<Credential> {
    const key = `${registry}/${repository}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = this.#find(registry, repository, signal);
    this.#found.set(key, found);
    found.catch(() => this.#found.delete(key));
    return found;
  }

  async #find(registry: string, repository: string, signal: AbortSignal | undefined): Promise<Credential> {
    const credential = (await this.#credentials.find(registry, repository, signal)) ?? anonymous;
    const message = `${registry}/${repository}: ${credential.type} access, from ${credential.source}`;
    this.#emit({ type: "debug", message });
    return credential;
  }

  /** Asks the registry what it wants, before anything with a body is sent to it (distribution-spec, end-1). */
  async #introduce(
    endpoint: Endpoint,
    credential: Credential,
    signal: AbortSignal | undefined,
  ): Promise<Authorizer> {
    const authorizer = new Authorizer(this.exchange, endpoint, credential);
    const response = await this.exchange.send({
      method: "GET",
      url: new URL("/v2/", endpoint.origin),
      headers: {},
      ca: endpoint.ca,
      signal,
      subject: {
        what: `use the registry ${endpoint.registry}`,
        registry: endpoint.registry,
        credentials: credential.source,
      },
      // Some give no root to those they do not know, and repositories all the same.
      accept: [200, 401, 403, 404],
    });
    authorizer.learn(response.header("www-authenticate"));
    await response.discard();
    return authorizer;
  }
}
