import type { Challenge } from "./challenge.ts";
import type { Credential } from "./credentials.ts";
import type { Exchange, ExchangeRequest } from "./exchange.ts";
import type { RequestBody } from "./http.ts";
import { tokenService } from "./redirect-target.ts";
import { protocolError, type Subject } from "./registry-error.ts";

export interface TokenRequest {
  readonly challenge: Extract<Challenge, { scheme: "bearer" }>;
  readonly credential: Credential;
  readonly scopes: readonly string[];
  readonly subject: Subject;
  /** Of the registry: its token service has to be reached as safely. */
  readonly origin: string;
  readonly ca: string | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface Token {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

const answerLimit = 1024 * 1024;
/** Seconds, where the service does not say (distribution, token.md). */
const defaultLifetime = 60;

/** Asks the token service that a registry named: by GET with Basic, or by POST with an identity token (OAuth 2). */
export async function fetchToken(exchange: Exchange, request: TokenRequest): Promise<Token> {
  const response = await exchange.send(tokenExchange(request));
  const body = await response.read(answerLimit);
  return parseToken(body.toString("utf8"), request.subject);
}

function tokenExchange(request: TokenRequest): ExchangeRequest {
  const { challenge, credential, scopes, subject, ca, signal } = request;
  const url = tokenService(challenge.realm, request.origin, subject.what);
  const common = { subject, accept: [200], ca, signal };
  if (credential.type === "identity") {
    return {
      ...common,
      method: "POST",
      url,
      headers: formHeaders,
      body: refreshForm(request, credential.token),
      secretBody: true,
    };
  }
  if (challenge.service !== undefined) url.searchParams.set("service", challenge.service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credential.type !== "basic") return { ...common, method: "GET", url, headers: {} };
  url.searchParams.set("account", credential.username);
  return {
    ...common,
    method: "GET",
    url,
    headers: {},
    authorization: {
      origin: url.origin,
      header: () => Promise.resolve(basicHeader(credential.username, credential.password)),
      refused: () => false,
    },
  };
}

const formHeaders = { "content-type": "application/x-www-form-urlencoded" };

function refreshForm({ challenge, scopes }: TokenRequest, refreshToken: string): RequestBody {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    client_id: "tsdock",
    service: challenge.service ?? "",
    scope: scopes.join(" "),
    refresh_token: refreshToken,
  });
  const bytes = Buffer.from(form.toString());
  return { length: bytes.length, open: () => bytes };
}

export const basicHeader = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

function parseToken(text: string, subject: Subject): Token {
  let answer: { token?: unknown; access_token?: unknown; expires_in?: unknown } | null;
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    // The text of the parser's error quotes the answer, which may have a token.
    throw protocolError(subject.what, "its token service did not answer with JSON");
  }
  const value = answer?.token ?? answer?.access_token;
  if (typeof value !== "string" || value === "" || /[^\x21-\x7e]/.test(value)) {
    throw protocolError(subject.what, "its token service gave no token");
  }
  const given = answer?.expires_in;
  const lifetime = typeof given === "number" && given > 0 ? given : defaultLifetime;
  return { value, expires: Date.now() + lifetime * 1000 };
}
