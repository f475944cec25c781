import type { ErrorCode } from "../../errors/codes.ts";
import { certificateFailure, failureCode } from "../../util/connection-failure.ts";
import { ProxyFailure } from "./proxy.ts";

/** What went wrong below HTTP. */
export interface NetworkFailure {
  readonly code: Extract<ErrorCode, "REGISTRY_UNREACHABLE" | "REGISTRY_UNKNOWN_CA">;
  /** For people: `connection reset`. */
  readonly reason: string;
  readonly hint: string | undefined;
  /** Whether another try may help. `first-contact` failures are tried again only if the host has answered before. */
  readonly retry: "yes" | "no" | "after-contact";
}

const stalled = "it stopped answering";
const cut = "the connection was cut";
const reach = "check the host's name and port, the network and the proxy";

const transient: Readonly<Record<string, string>> = {
  ECONNRESET: cut,
  EPIPE: cut,
  UND_ERR_SOCKET: cut,
  ECONNABORTED: cut,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the answer was cut short",
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "the request was cut short",
  HPE_INVALID_EOF_STATE: "the answer was cut short",
  UND_ERR_HEADERS_TIMEOUT: stalled,
  UND_ERR_BODY_TIMEOUT: stalled,
  ETIMEDOUT: "the connection timed out",
  EAI_AGAIN: "its name could not be looked up for now",
  ENETRESET: cut,
};

const contact: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "its name is not known",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out",
};

/** Says what a rejected request means; undefined where it is no failure of the network: a bug, or an abort. */
export function networkFailure(error: unknown): NetworkFailure | undefined {
  if (!(error instanceof ProxyFailure)) return directFailure(error);
  const { proxy, cause } = error;
  const status = refusal(cause);
  if (status !== undefined) {
    const knows = status < 500;
    return {
      code: "REGISTRY_UNREACHABLE",
      reason: `the proxy ${proxy} ${knows ? "does not let us through" : "cannot reach it"} (status ${status})`,
      hint: knows
        ? "log in to the proxy by its variable (http://USER:PASSWORD@HOST:PORT), or leave the host out by NO_PROXY"
        : reach,
      retry: knows ? "no" : "after-contact",
    };
  }
  const failure = directFailure(cause);
  return failure && { ...failure, reason: `through the proxy ${proxy}: ${failure.reason}` };
}

/** The status with which a proxy answers where it does not do what it is asked: undici has it in a text only. */
function refusal(error: unknown): number | undefined {
  const text = error instanceof Error ? error.message : "";
  const [, tunnel, plain] =
    /^Proxy response \((\d+)\)|^Proxy Authentication Required \((407)\)/.exec(text) ?? [];
  const status = tunnel ?? plain;
  return status === undefined ? undefined : Number(status);
}

function directFailure(error: unknown): NetworkFailure | undefined {
  const code = failureCode(error);
  if (code === undefined) return undefined;
  const passing = transient[code];
  if (passing !== undefined) {
    return { code: "REGISTRY_UNREACHABLE", reason: passing, hint: reach, retry: "yes" };
  }
  const missing = contact[code];
  if (missing !== undefined) {
    return { code: "REGISTRY_UNREACHABLE", reason: missing, hint: reach, retry: "after-contact" };
  }
  const untrusted = certificateFailure(error);
  if (untrusted !== undefined) {
    const hint = "give the authority's certificate as `registries: { HOST: { ca } }` in the configuration";
    return { code: "REGISTRY_UNKNOWN_CA", reason: untrusted, hint, retry: "no" };
  }
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) {
    const hint =
      "if it speaks plain HTTP, allow it by `registries: { HOST: { http: true } }` in the configuration";
    return { code: "REGISTRY_UNREACHABLE", reason: "it does not speak TLS", hint, retry: "no" };
  }
  if (code === "UND_ERR_HEADERS_OVERFLOW") {
    const hint = "the registry, or a proxy before it, gives wrong answers";
    return {
      code: "REGISTRY_UNREACHABLE",
      reason: "the headers of its answer are too large",
      hint,
      retry: "no",
    };
  }
  if (code.startsWith("HPE_")) {
    const hint = "if it speaks TLS, say so by `registries: { HOST: { http: false } }` in the configuration";
    return { code: "REGISTRY_UNREACHABLE", reason: "it does not speak HTTP", hint, retry: "no" };
  }
  return undefined;
}
