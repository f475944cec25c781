import type { ErrorCode } from "../../errors/codes.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { BodyTooLarge, type HttpResponse } from "./http.ts";
import { parseChallenge } from "./challenge.ts";
import { anonymous } from "./credentials.ts";
import { isAuthVariable } from "./environment-credentials.ts";
import { networkFailure } from "./network-failure.ts";

/** What was being done, for messages: never with a secret or the query of a URL. */
export interface Subject {
  /** `pull the manifest 1.2 of ghcr.io/acme/web`. */
  readonly what: string;
  readonly registry: string;
  /** Where the credentials came from. */
  readonly credentials: string;
}

/** One entry of the distribution-spec's error body. */
interface RegistryMessage {
  readonly code: string;
  readonly message: string;
}

const errorBodyLimit = 64 * 1024;

/** The registry's own words in an answer that is an error. Takes the body; empty where it cannot be read. */
export async function readMessages(response: HttpResponse): Promise<readonly RegistryMessage[]> {
  const refused = refusalOf(response);
  let text: string;
  try {
    text = (await response.read(errorBodyLimit)).toString("utf8");
  } catch (error) {
    // The status alone says enough when the explanation is lost.
    if (error instanceof BodyTooLarge || networkFailure(error) !== undefined) return refused;
    throw error;
  }
  return [...parseMessages(text), ...refused];
}

/** What is wrong with a token (RFC 6750, 3.1): all that an answer without a body says. */
function refusalOf(response: HttpResponse): readonly RegistryMessage[] {
  const challenge = parseChallenge(response.header("www-authenticate"));
  const error = challenge?.scheme === "bearer" ? challenge.error : undefined;
  return error === undefined ? [] : [{ code: "", message: printable(error.replaceAll("_", " ")) }];
}

export function parseMessages(text: string): readonly RegistryMessage[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    const line = printable(text.split("\n", 1)[0] ?? "");
    return line === "" || line.startsWith("<") ? [] : [{ code: "", message: line }];
  }
  const { errors } = (body ?? {}) as { errors?: unknown };
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((entry: unknown) => {
    const { code, message } = (entry ?? {}) as { code?: unknown; message?: unknown };
    if (typeof code !== "string" && typeof message !== "string") return [];
    return [{ code: printable(code), message: printable(message) }];
  });
}

/** Text from outside as it may be shown in a terminal. */
const printable = (text: unknown): string =>
  typeof text === "string"
    ? text
        .replace(/\p{Cc}+/gu, " ")
        .trim()
        .slice(0, 500)
    : "";

const formatMessages = (messages: readonly RegistryMessage[]): string =>
  messages.map(({ code, message }) => [code, message].filter((part) => part !== "").join(": ")).join("; ");

interface Meaning {
  readonly code: ErrorCode;
  readonly why: string;
  readonly hint: string | undefined;
}

/** How to be somebody else: a variable goes before whatever a login stores. */
function loginHint({ registry, credentials }: Subject): string {
  const login = `log in by \`tsdock login ${registry}\``;
  if (credentials === anonymous.source) return login;
  return isAuthVariable(credentials)
    ? `correct ${credentials}, or unset it and ${login}`
    : `correct ${credentials}: ${login}`;
}

function meaningOf(status: number, messages: readonly RegistryMessage[], subject: Subject): Meaning {
  const { registry } = subject;
  const said = (code: string): boolean => messages.some((message) => message.code === code);
  if (status === 400 && messages.some(({ message }) => message.includes("HTTP request to an HTTPS server"))) {
    const hint = `say so by \`registries: { "${registry}": { http: false } }\` in the configuration`;
    return { code: "REGISTRY_UNREACHABLE", why: "it speaks TLS", hint };
  }
  if (status === 403 || said("DENIED")) {
    const hint = `check that the account may do this and the repository exists, or use another: ${loginHint(subject)}`;
    return { code: "REGISTRY_DENIED", why: "it is not allowed", hint };
  }
  if (status === 401 || said("UNAUTHORIZED")) {
    const hint = `${loginHint(subject)}; or check that the repository exists and the account may use it`;
    return { code: "REGISTRY_UNAUTHORIZED", why: "the credentials are missing or not accepted", hint };
  }
  if (status === 404) {
    const hint = said("NAME_UNKNOWN")
      ? "check the name, or create the repository there: not every registry does so when something is pushed"
      : "check the name and the tag";
    return { code: "REGISTRY_NOT_FOUND", why: "it is not there", hint };
  }
  if (status === 429) {
    const hint = "wait, or log in: most registries allow more to those they know";
    return { code: "REGISTRY_RATE_LIMITED", why: "too many requests", hint };
  }
  const hint = status >= 500 ? "the registry has a problem of its own: try again later" : undefined;
  return { code: "REGISTRY_FAILED", why: `it answered with status ${status}`, hint };
}

/** What an answer with an unexpected status means. */
export function statusError(
  subject: Subject,
  status: number,
  messages: readonly RegistryMessage[],
): TsdockError {
  const { code, why, hint } = meaningOf(status, messages, subject);
  const said = formatMessages(messages);
  const details = `status ${status}; credentials: ${subject.credentials}${said === "" ? "" : `; the registry says: ${said}`}`;
  return new TsdockError(code, `cannot ${subject.what}: ${why}`, { hint, details });
}

/** What a failure of the network means, after the last try. Anything else comes back as it is. */
export function transportError(subject: Subject, error: unknown): unknown {
  const failure = networkFailure(error);
  if (failure === undefined) return error;
  const { what, registry } = subject;
  const who = what.includes(registry) ? "" : `${registry}: `;
  const hint = failure.hint?.replace("{ HOST:", `{ ${JSON.stringify(registry)}:`);
  return new TsdockError(failure.code, `cannot ${what}: ${who}${failure.reason}`, { hint, cause: error });
}

/** An answer that contradicts itself or the request. */
export const protocolError = (what: string, why: string): TsdockError =>
  new TsdockError("REGISTRY_PROTOCOL", `cannot ${what}: ${why}`, {
    hint: "the registry, or a proxy before it, gives wrong answers: nothing of this was kept",
  });
