import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TsdockEvent } from "../../../core/events.ts";
import { RegistryClient, type RegistryClientOptions } from "../../../core/oci/registry/client.ts";
import { proxyFor } from "../../../core/oci/registry/proxy.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";
import { selfSignedCertificate } from "../../support/certificate.ts";
import { type DockerRegistry, startDockerRegistry, tester } from "../../support/docker-registry.ts";
import { startForwardProxy } from "../../support/forward-proxy.ts";
import { nobodyThere } from "../../support/free-port.ts";
import { requires } from "../../support/requires.ts";
import { pushImage } from "./image-fixture.ts";

describe.skipIf(!requires("docker-registry"))("registries behind a proxy", () => {
  const certificate = selfSignedCertificate();
  let plain: DockerRegistry;
  let secure: DockerRegistry;
  beforeAll(async () => {
    plain = await startDockerRegistry();
    secure = await startDockerRegistry({ tls: certificate, auth: "htpasswd" });
  });
  afterAll(async () => {
    await plain[Symbol.asyncDispose]();
    await secure[Symbol.asyncDispose]();
  });

  const name = parseReference("registry.example/acme/web:1");
  const impatient: RegistryClientOptions = { retry: { failures: 1, baseMs: 1 } };
  const overTls: RegistryClientOptions = {
    ...impatient,
    hosts: { "registry.example": { ca: certificate.certificate } },
    credentials: { find: () => Promise.resolve({ type: "basic", source: "test", ...tester }) },
  };
  const overPlain: RegistryClientOptions = { ...impatient, hosts: { "registry.example": { http: true } } };

  it("are reached through a tunnel, which sees neither credentials nor content", async () => {
    await using proxy = await startForwardProxy({ hosts: { "registry.example:443": secure.host } });
    await using client = new RegistryClient({ ...overTls, proxy: { https: `http://${proxy.host}` } });
    const pushed = await pushImage(client, name, [randomBytes(100_000)]);
    expect(await client.resolve(name)).toEqual(pushed);
    expect(new Set(proxy.requests)).toEqual(new Set(["CONNECT registry.example:443"]));
    expect(proxy.headers.join("\n")).not.toContain("Basic");
  });

  it("are asked for by a whole URL where they have no TLS, with the limits that hold without a proxy", async () => {
    await using proxy = await startForwardProxy({ hosts: { "registry.example:80": plain.host } });
    await using client = new RegistryClient({ ...overPlain, proxy: { http: `http://${proxy.host}` } });
    const pushed = await pushImage(client, name, [randomBytes(100_000)]);
    expect(await client.resolve(name)).toEqual(pushed);
    expect(proxy.requests[0]).toBe("GET http://registry.example/v2/");
    expect(proxy.requests.every((request) => !request.startsWith("CONNECT"))).toBe(true);
  });

  it("are reached with the account of the proxy's URL, which nobody else sees", async () => {
    const account = "somebody:pass%20word";
    const hosts = { "registry.example:443": secure.host, "registry.example:80": plain.host };
    await using proxy = await startForwardProxy({ hosts, account: decodeURIComponent(account) });
    const url = `http://${account}@${proxy.host}`;
    const events: TsdockEvent[] = [];
    const emit = (event: TsdockEvent): void => void events.push(event);
    for (const options of [overTls, overPlain]) {
      await using client = new RegistryClient({ ...options, emit, proxy: { http: url, https: url } });
      expect(await client.tags(name)).toBeDefined();
      await using stranger = new RegistryClient({
        ...options,
        emit,
        proxy: { http: `http://somebody:wrong-secret@${proxy.host}`, https: `http://${proxy.host}` },
      });
      const error = await stranger.tags(name).catch((it: unknown) => it);
      expect(error).toMatchObject({
        code: "REGISTRY_UNREACHABLE",
        message: expect.stringContaining(
          `the proxy ${proxy.host} does not let us through (status 407)`,
        ) as string,
        hint: expect.stringContaining("NO_PROXY") as string,
      });
      const { message, details } = error as { message: string; details?: string };
      expect(`${message}${details ?? ""}${JSON.stringify(events)}`).not.toMatch(
        /pass word|wrong-secret|pass%20/,
      );
    }
  });

  it("cannot be reached where the proxy is not there or does not know them, which is said", async () => {
    await using absent = new RegistryClient({ ...overTls, proxy: { https: `http://${nobodyThere}` } });
    await expect(absent.resolve(name)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: expect.stringContaining(`through the proxy ${nobodyThere}: nothing listens there`) as string,
    });
    await using proxy = await startForwardProxy({ hosts: {} });
    await using lost = new RegistryClient({ ...overTls, proxy: { https: `http://${proxy.host}` } });
    await expect(lost.resolve(name)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: expect.stringContaining(`the proxy ${proxy.host} cannot reach it (status 502)`) as string,
    });
  });

  it("are asked directly where NO_PROXY names them or they are on this machine", async () => {
    await using proxy = await startForwardProxy({ hosts: {} });
    const url = `http://${proxy.host}`;
    await using client = new RegistryClient({ ...impatient, proxy: { http: url, https: url } });
    expect(await client.tags(parseReference(`${plain.host}/acme/none`))).toEqual([]);
    expect(proxy.requests).toEqual([]);
  });
});

describe("the proxy of a URL", () => {
  const proxy = { http: "http://a:1", https: "http://b:2" };
  const of = (url: string, none?: string): string | undefined =>
    proxyFor(new URL(url), none === undefined ? proxy : { ...proxy, none });

  it("is that of its protocol", () => {
    expect(of("http://registry.example/")).toBe("http://a:1");
    expect(of("https://registry.example/")).toBe("http://b:2");
    expect(proxyFor(new URL("https://registry.example/"), { http: "http://a:1" })).toBeUndefined();
    expect(proxyFor(new URL("https://registry.example/"), { https: "b:2" })).toBe("http://b:2");
  });

  it.each([
    ["registry.example", true],
    [".example", true],
    ["*.example", true],
    ["example", true],
    ["other.example, registry.example:443", true],
    ["registry.example:5000", false],
    ["istry.example", false],
    ["*", true],
    ["", false],
  ])("is none where NO_PROXY has %s: %s", (none, direct) => {
    expect(of("https://registry.example/", none) === undefined).toBe(direct);
  });

  it("is none for addresses in a range, and for this machine", () => {
    expect(of("https://10.1.2.3/", "10.0.0.0/8")).toBeUndefined();
    expect(of("https://11.1.2.3/", "10.0.0.0/8")).toBe("http://b:2");
    expect(of("https://[fd00::1]/", "fd00::/8")).toBeUndefined();
    for (const host of ["127.0.0.1:5000", "localhost", "[::1]:5000"])
      expect(of(`http://${host}/`)).toBeUndefined();
  });

  it("is refused, unseen, where the variable has no URL of one", () => {
    for (const https of ["socks5://me:secret@host", "http://me:secret@ host", "ftp://me:secret@host"]) {
      const refused = (): unknown => proxyFor(new URL("https://registry.example/"), { https });
      expect(refused).toThrow(/HTTPS_PROXY/);
      expect(refused).not.toThrow(/secret/);
    }
  });
});
