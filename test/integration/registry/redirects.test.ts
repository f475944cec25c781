import { describe, expect, it } from "vitest";
import { RegistryClient } from "../../../core/oci/registry/client.ts";
import type { Credential } from "../../../core/oci/registry/credentials.ts";
import type { HttpRequest, HttpResponse, Transport } from "../../../core/oci/registry/http.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";
import { bytesSource, collect } from "./image-fixture.ts";

const bytes = Buffer.from("a layer");
const blob = { digest: digestOf(bytes), size: bytes.length };
const secret = "pa:ss word";
const basic: Credential = { type: "basic", source: "the test", username: "tester", password: secret };
const identity: Credential = { type: "identity", source: "the test", token: "identity-token" };

type Answer = readonly [status: number, headers?: Readonly<Record<string, string>>, body?: string | Buffer];
/** What a host answers; `authorization` is what it was shown. */
type Host = (request: HttpRequest, authorization: string | undefined) => Answer;

/** A network of hosts by origin, and everything that they got to see. */
class Network implements Transport {
  readonly seen: { readonly origin: string; readonly line: string; readonly secrets: string }[] = [];
  readonly #hosts: Readonly<Record<string, Host>>;

  constructor(hosts: Readonly<Record<string, Host>>) {
    this.#hosts = hosts;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const { method, url, headers } = request;
    const authorization = headers["authorization"];
    const sent: Uint8Array[] = [];
    const content = request.body?.open() ?? Buffer.alloc(0);
    for await (const chunk of content instanceof Uint8Array ? [content] : content) sent.push(chunk);
    const body = Buffer.concat(sent).toString();
    const secrets = [url.username, url.password, authorization ?? "", body].join(" ");
    this.seen.push({ origin: url.origin, line: `${method} ${url.pathname}`, secrets });
    const host = this.#hosts[url.origin];
    if (host === undefined) throw Object.assign(new Error("no such host"), { code: "ENOTFOUND" });
    return responseOf(...host(request, authorization));
  }

  at(origin: string) {
    return this.seen.filter((one) => one.origin === origin);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function responseOf(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Buffer = "",
): HttpResponse {
  const content = Buffer.from(body);
  return {
    status,
    header: (name) => headers[name.toLowerCase()],
    // biome-ignore lint/suspicious/useAwait: a body is read as it comes
    body: (async function* () {
      yield content;
    })(),
    read: () => Promise.resolve(content),
    discard: () => Promise.resolve(),
  };
}

const registry = "https://registry.example";
const asksBasic = { "www-authenticate": 'Basic realm="r"' };
/** A registry that wants to know who asks, and then answers as it is told. */
const locked =
  (answer: Host): Host =>
  (request, authorization) =>
    authorization === undefined
      ? [401, asksBasic]
      : request.url.pathname === "/v2/"
        ? [200]
        : answer(request, authorization);

async function ask<T>(
  network: Network,
  work: (client: RegistryClient) => Promise<T>,
  credential: Credential = basic,
): Promise<T | { readonly code: string; readonly message: string }> {
  await using client = new RegistryClient({
    transport: network,
    credentials: { find: () => Promise.resolve(credential) },
    retry: { baseMs: 1, maxMs: 1 },
    hosts: { "plain.example": { http: true } },
  });
  return await work(client).catch((error: unknown) => error as { code: string; message: string });
}

const name = parseReference("registry.example/acme/web:1");
const pull =
  (from = name) =>
  (client: RegistryClient) =>
    collect(client.openBlob(from, blob));
const push =
  (to = name) =>
  (client: RegistryClient) =>
    client.pushBlob(to, { descriptor: blob, source: bytesSource(bytes) });

/** Whoever is not the registry has seen nothing that proves who we are. */
function expectNoSecrets(network: Network, ...allowed: readonly string[]): void {
  const others = network.seen.filter(({ origin }) => !allowed.includes(origin));
  const encoded = Buffer.from(`tester:${secret}`).toString("base64");
  for (const { secrets } of others)
    for (const one of [secret, encoded, "identity-token", "Bearer"]) expect(secrets).not.toContain(one);
}

describe("where a registry sends us", () => {
  const elsewhere = "https://storage.example";

  it("gets a layer, and no credentials, where it is another host", async () => {
    for (const target of [
      `${elsewhere}/x?signature=1`,
      "//storage.example/x",
      "https://somebody:word@storage.example/x",
    ]) {
      const network = new Network({
        [registry]: locked(() => [307, { location: target }]),
        [elsewhere]: () => [200, {}, bytes],
      });
      expect(await ask(network, pull())).toEqual(bytes);
      expect(network.at(elsewhere)).toHaveLength(1);
      expectNoSecrets(network, registry);
    }
  });

  it("is followed where it is said relative to what was asked", async () => {
    const network = new Network({
      [registry]: locked(({ url }) =>
        url.pathname.endsWith("/there") ? [200, {}, bytes] : [302, { location: "../there" }],
      ),
    });
    expect(await ask(network, pull())).toEqual(bytes);
    expect(network.seen.at(-1)?.line).toBe("GET /v2/acme/web/there");
  });

  it.each([
    ["plain HTTP", "http://storage.example/x", "storage.example without TLS"],
    ["this machine", "https://127.0.0.1/x", "127.0.0.1 means this machine"],
    ["this machine by another number", "https://2130706433/x", "127.0.0.1 means this machine"],
    ["this machine by name", "https://LOCALHOST./x", "means this machine"],
    ["this machine in IPv6", "https://[::ffff:127.0.0.1]/x", "means this machine"],
    ["no address", "https://0.0.0.0/x", "means this machine"],
    [
      "what a cloud tells its machines",
      "https://169.254.169.254/latest/meta-data/",
      "this machine's own network",
    ],
    ["the same in IPv6", "https://[fe80::1]/x", "this machine's own network"],
    ["a file", "file:///etc/passwd", "not a URL"],
    ["nothing", "https://", "not a URL"],
  ])("is refused where it is %s, for pulls and for uploads", async (_title, location, why) => {
    const network = new Network({
      [registry]: locked(({ method }) => [method === "POST" ? 202 : 307, { location }]),
    });
    for (const work of [pull(), push()] as readonly ((client: RegistryClient) => Promise<unknown>)[])
      expect(await ask(network, work)).toMatchObject({
        code: "REGISTRY_PROTOCOL",
        message: expect.stringContaining(why) as string,
      });
    expect(network.seen.filter(({ origin }) => origin !== registry)).toEqual([]);
  });

  it("is its own host with TLS where it forgot that it has it", async () => {
    const network = new Network({
      [registry]: locked(({ url }) =>
        url.pathname === "/x" ? [200, {}, bytes] : [307, { location: "http://registry.example/x" }],
      ),
    });
    expect(await ask(network, pull())).toEqual(bytes);
    expect(new Set(network.seen.map(({ origin }) => origin))).toEqual(new Set([registry]));
  });

  it("is this machine where the registry is on it, but never what a cloud tells its machines", async () => {
    const here = parseReference("127.0.0.1:5000/acme/web:1");
    const to = (location: string) =>
      new Network({
        "http://127.0.0.1:5000": locked(() => [307, { location }]),
        "http://127.0.0.1:9000": () => [200, {}, bytes],
      });
    expect(await ask(to("http://127.0.0.1:9000/x"), pull(here))).toEqual(bytes);
    const network = to("http://169.254.169.254/x");
    expect(await ask(network, pull(here))).toMatchObject({ code: "REGISTRY_PROTOCOL" });
    expect(network.at("http://169.254.169.254")).toEqual([]);
  });

  it("is given up where it has no end", async () => {
    const back = { location: `${registry}/v2/acme/web/again` };
    const network = new Network({
      [registry]: locked(() => [307, { location: `${elsewhere}/there` }]),
      [elsewhere]: () => [307, back],
    });
    expect(await ask(network, pull())).toMatchObject({ code: "REGISTRY_PROTOCOL" });
    // The question who is there, and one request with five redirects.
    expect(network.seen).toHaveLength(1 + 6);
    expectNoSecrets(network, registry);
  });

  it("takes an upload without credentials, and does not say where tokens are to be had", async () => {
    const evil = "https://evil.example";
    const asksBearer = { "www-authenticate": `Bearer realm="${evil}/token",service="registry.example"` };
    const network = new Network({
      [registry]: locked(({ method }) => [
        method === "POST" ? 202 : 404,
        { location: `${elsewhere}/upload?id=1` },
      ]),
      [elsewhere]: () => [401, asksBearer],
      [evil]: () => [200, {}, '{"token":"x"}'],
    });
    expect(await ask(network, push())).toMatchObject({ code: "REGISTRY_UNAUTHORIZED" });
    expect(network.at(elsewhere).map(({ line }) => line)).toEqual(["PUT /upload"]);
    expect(network.at(evil)).toEqual([]);
    expectNoSecrets(network, registry);

    const reading = new Network({
      [registry]: locked(() => [307, { location: `${elsewhere}/x` }]),
      [elsewhere]: () => [401, asksBearer],
      [evil]: () => [200, {}, '{"token":"x"}'],
    });
    expect(await ask(reading, pull())).toMatchObject({ code: "REGISTRY_UNAUTHORIZED" });
    expect(reading.at(evil)).toEqual([]);
    expectNoSecrets(reading, registry);
  });
});

describe("a token service", () => {
  const service = "https://tokens.example";
  const asks = (realm: string) => ({ "www-authenticate": `Bearer realm="${realm}",service="s"` });
  const bearer =
    (realm: string): Host =>
    (_request, authorization) =>
      authorization === "Bearer right" ? [404] : [401, asks(realm)];

  it("that sends us on gets nothing passed on: no password, and no token in a body", async () => {
    for (const credential of [basic, identity])
      for (const status of [302, 307, 308]) {
        const network = new Network({
          [registry]: bearer(`${service}/token`),
          [service]: () => [status, { location: "https://evil.example/token" }],
          "https://evil.example": () => [200, {}, '{"token":"right"}'],
        });
        await ask(network, (client) => client.resolve(name), credential);
        expect(network.at(service).length).toBeGreaterThan(0);
        expectNoSecrets(network, registry, service);
        if (credential === identity) expect(network.at("https://evil.example")).toEqual([]);
      }
  });

  it.each([
    [registry, "http://tokens.example/token", "no TLS"],
    [registry, "https://169.254.169.254/token", "own network"],
    [registry, "https://localhost/token", "means this machine"],
    [registry, "tokens.example", "not a URL"],
    ["http://127.0.0.1:5000", "http://tokens.example/token", "no TLS"],
  ])("is asked for nothing where %s says that it is %s", async (origin, realm, why) => {
    const network = new Network({ [origin]: bearer(realm) });
    const reference = parseReference(`${new URL(origin).host}/acme/web:1`);
    expect(await ask(network, (client) => client.resolve(reference))).toMatchObject({
      code: "REGISTRY_PROTOCOL",
      message: expect.stringContaining(why) as string,
    });
    expect(network.seen.every((one) => one.origin === origin)).toBe(true);
  });

  it("without TLS serves a registry that is allowed to have none", async () => {
    const network = new Network({
      "http://plain.example": bearer("http://tokens.example/token"),
      "http://tokens.example": () => [200, {}, '{"token":"right"}'],
    });
    const result = ask(network, (client) => client.resolve(parseReference("plain.example/acme/web:1")));
    expect(await result).toMatchObject({ code: "REGISTRY_NOT_FOUND" });
  });

  it("that gives less than was asked for is asked twice, not without end", async () => {
    const network = new Network({
      [registry]: (_request, authorization) =>
        authorization === "Bearer wide"
          ? [404]
          : [
              401,
              {
                "www-authenticate": `Bearer realm="${service}/token",scope="repository:acme/web:pull",error="insufficient_scope"`,
              },
            ],
      [service]: () => [200, {}, '{"token":"narrow"}'],
    });
    expect(await ask(network, (client) => client.checkPush(name))).toMatchObject({
      code: "REGISTRY_UNAUTHORIZED",
      message: expect.stringContaining("begin an upload to registry.example/acme/web") as string,
      details: expect.stringContaining("credentials: the test") as string,
    });
    expect(network.at(service)).toHaveLength(2);
    expect(network.at(registry).filter(({ line }) => line.startsWith("POST"))).toHaveLength(2);
  });

  it("may be told by the registry what to ask for: its scopes are asked for beside ours", async () => {
    const scopes: string[][] = [];
    const network = new Network({
      [registry]: ({ url }, authorization) => {
        if (url.pathname === "/v2/") return [401, asks(`${service}/token`)];
        const wants = `${asks(`${service}/token`)["www-authenticate"]},scope="registry:catalog:*"`;
        return authorization === "Bearer 2" ? [404] : [401, { "www-authenticate": wants }];
      },
      [service]({ url }) {
        scopes.push(url.searchParams.getAll("scope"));
        return [200, {}, JSON.stringify({ token: String(scopes.length) })];
      },
    });
    await ask(network, (client) => client.resolve(name));
    expect(scopes).toEqual([
      ["repository:acme/web:pull"],
      ["registry:catalog:*", "repository:acme/web:pull"],
    ]);
  });
});
