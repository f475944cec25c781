import { type Challenge, parseChallenge } from "./challenge.ts";
import type { Credential } from "./credentials.ts";
import type { Authorization, Exchange } from "./exchange.ts";
import type { Endpoint } from "./host-options.ts";
import type { Subject } from "./registry-error.ts";
import { coversScopes, mergeScopes } from "./scope.ts";
import { basicHeader, fetchToken, type Token } from "./token.ts";

interface KeptToken {
  /** Merged. */
  readonly scopes: readonly string[];
  readonly token: Promise<Token>;
  /** Milliseconds since 1970; endless while it is fetched. */
  expires: number;
}

/** Part of a token's life after which it is renewed before a request, not by a 401 in the middle of it. */
const margin = 0.15;
const longestMarginMs = 30_000;

/** Knows how one registry wants to be convinced of one credential, and keeps the tokens that it was given. */
export class Authorizer {
  readonly credential: Credential;
  readonly #exchange: Exchange;
  readonly #endpoint: Endpoint;
  #challenge: Challenge | undefined;
  readonly #tokens = new KeptTokens();

  constructor(exchange: Exchange, endpoint: Endpoint, credential: Credential) {
    this.#exchange = exchange;
    this.#endpoint = endpoint;
    this.credential = credential;
  }

  /** Takes what the registry answered to a first request: no header where it asked for nothing. */
  learn(header: string | undefined): void {
    this.#challenge = parseChallenge(header) ?? this.#challenge;
  }

  /** Whether the registry asks who we are. */
  get isChallenged(): boolean {
    return this.#challenge !== undefined;
  }

  /** Authorization of one request. */
  for(scopes: readonly string[], subject: Subject, signal: AbortSignal | undefined): Authorization {
    let wanted = mergeScopes(scopes);
    return {
      origin: this.#endpoint.origin,
      header: () => this.#header(wanted, subject, signal),
      refused: (header) => {
        const challenge = parseChallenge(header);
        if (challenge === undefined) return false;
        const before = this.#challenge;
        this.#challenge = challenge;
        if (challenge.scheme === "basic") {
          return this.credential.type === "basic" && before?.scheme !== "basic";
        }
        this.#tokens.drop(wanted);
        wanted = mergeScopes([...wanted, ...challenge.scopes]);
        return this.credential.type !== "bearer";
      },
    };
  }

  async #header(
    scopes: readonly string[],
    subject: Subject,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const { credential } = this;
    const challenge = this.#challenge;
    if (challenge === undefined) return undefined;
    if (credential.type === "bearer") return `Bearer ${credential.token}`;
    if (challenge.scheme === "bearer") {
      const token = await this.#token(challenge, scopes, subject, signal);
      return `Bearer ${token.value}`;
    }
    return credential.type === "basic" ? basicHeader(credential.username, credential.password) : undefined;
  }

  async #token(
    challenge: Extract<Challenge, { scheme: "bearer" }>,
    scopes: readonly string[],
    subject: Subject,
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    const now = Date.now();
    const known = this.#tokens.find(scopes, now);
    if (known !== undefined) return known;
    const { origin, ca } = this.#endpoint;
    const token = fetchToken(this.#exchange, {
      challenge,
      credential: this.credential,
      scopes,
      subject,
      origin,
      ca,
      signal,
    });
    const kept: KeptToken = { scopes, token, expires: Number.POSITIVE_INFINITY };
    this.#tokens.add(kept);
    try {
      const { expires } = await token;
      kept.expires = expires - Math.min(longestMarginMs, (expires - now) * margin);
      return await token;
    } catch (error) {
      this.#tokens.remove(kept);
      throw error;
    }
  }
}

/** Tokens by the resources that they are for: a release of hundreds of images has one or more for each of them. */
class KeptTokens {
  readonly #byResource = new Map<string, KeptToken[]>();

  add(kept: KeptToken): void {
    for (const resource of resourcesOf(kept.scopes)) this.#of(resource).push(kept);
  }

  /** One that allows all of `scopes` (merged) and is not used up. */
  find(scopes: readonly string[], now: number): Promise<Token> | undefined {
    for (const kept of this.#covering(scopes)) {
      if (kept.expires > now) return kept.token;
      this.remove(kept);
    }
    return undefined;
  }

  /** Forgets all that allow `scopes`. */
  drop(scopes: readonly string[]): void {
    for (const kept of this.#covering(scopes)) this.remove(kept);
  }

  remove(kept: KeptToken): void {
    for (const resource of resourcesOf(kept.scopes)) {
      const others = this.#of(resource).filter((other) => other !== kept);
      this.#byResource.set(resource, others);
    }
  }

  #covering(scopes: readonly string[]): readonly KeptToken[] {
    const [resource = ""] = resourcesOf(scopes);
    return this.#of(resource).filter((kept) => coversScopes(kept.scopes, scopes));
  }

  #of(resource: string): KeptToken[] {
    const known = this.#byResource.get(resource);
    if (known !== undefined) return known;
    const made: KeptToken[] = [];
    this.#byResource.set(resource, made);
    return made;
  }
}

/** What merged scopes are about; the empty name for those about nothing. */
const resourcesOf = (scopes: readonly string[]): readonly string[] =>
  scopes.length === 0 ? [""] : scopes.map((scope) => scope.slice(0, Math.max(0, scope.lastIndexOf(":"))));
