import { sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Certificate, selfSignedCertificate } from "./certificate.ts";
import { tester } from "./docker-registry.ts";

export interface TokenRequestSeen {
  readonly method: string;
  readonly scopes: readonly string[];
  /** `basic`, `refresh`, or none. */
  readonly proof: string;
}

export interface TokenServer extends AsyncDisposable {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** PEM; what the registry trusts. */
  readonly certificate: string;
  readonly requests: readonly TokenRequestSeen[];
  /** Tokens of which nothing is left of their life: what comes after is refused by the registry. */
  lifetime(seconds: number): void;
}

/** A refresh token that the server takes for the tester's. */
export const identityToken = "an-identity-token-for-tests";

const service = "registry.example";
const issuer = "tsdock tests";

/**
 * A token service as distribution's specification has it: Basic by GET, a refresh token by POST. The tester may pull
 * and push everything, others may pull what begins with `public/`.
 */
export async function startTokenServer(): Promise<TokenServer> {
  const certificate = selfSignedCertificate();
  const requests: TokenRequestSeen[] = [];
  let lifetime = 300;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
      const query = new URL(request.url ?? "/", "http://localhost").searchParams;
      const scopes = request.method === "POST" ? (form.get("scope") ?? "").split(" ") : query.getAll("scope");
      const proof = form.has("refresh_token")
        ? "refresh"
        : request.headers.authorization === undefined
          ? ""
          : "basic";
      requests.push({ method: request.method ?? "", scopes, proof });
      const known = isTester(request.headers.authorization, form);
      if (proof !== "" && !known) {
        response.writeHead(401, { "content-type": "application/json" });
        response.end(JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "wrong password" }] }));
        return;
      }
      const token = issue(certificate, scopes, known, lifetime);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        JSON.stringify({
          [request.method === "POST" ? "access_token" : "token"]: token,
          expires_in: lifetime,
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    service,
    issuer,
    certificate: certificate.certificate,
    requests,
    lifetime: (seconds) => {
      lifetime = seconds;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const basic = `Basic ${Buffer.from(`${tester.username}:${tester.password}`).toString("base64")}`;
const isTester = (authorization: string | undefined, form: URLSearchParams): boolean =>
  authorization === basic || form.get("refresh_token") === identityToken;

function issue(
  certificate: Certificate,
  scopes: readonly string[],
  known: boolean,
  lifetime: number,
): string {
  const access = scopes.flatMap((scope) => {
    const [type = "", name = "", actions = ""] = scope.split(":");
    const allowed = actions
      .split(",")
      .filter((action) => known || (action === "pull" && name.startsWith("public/")));
    return type === "repository" ? [{ type, name, actions: allowed }] : [];
  });
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    sub: known ? tester.username : "",
    aud: service,
    exp: now + lifetime,
    nbf: now - 60,
    iat: now,
    access,
  };
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${encode({ typ: "JWT", alg: "ES256", kid: certificate.keyId })}.${encode(claims)}`;
  const signature = sign("sha256", Buffer.from(text), {
    key: certificate.privateKey,
    dsaEncoding: "ieee-p1363",
  });
  return `${text}.${signature.toString("base64url")}`;
}
