import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TsdockEvent } from "../../../core/events.ts";
import { RegistryClient, type RegistryClientOptions } from "../../../core/oci/registry/client.ts";
import { pullManifest } from "../../../core/oci/registry/pull-image.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";
import { selfSignedCertificate } from "../../support/certificate.ts";
import { type DockerRegistry, startDockerRegistry, tester } from "../../support/docker-registry.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { nobodyThere } from "../../support/free-port.ts";
import { requires } from "../../support/requires.ts";
import { bytesSource, collect, descriptorOf, imageOf, pushImage } from "./image-fixture.ts";

const amd64 = { os: "linux", architecture: "amd64" } as const;
const layer = randomBytes(400_000);
const blob = descriptorOf(layer, mediaTypes.layerTar);
const image = imageOf([layer]);

describe.skipIf(!requires("docker-registry"))("a registry that fails or lies", () => {
  let registry: DockerRegistry;
  let proxy: FaultProxy;
  let name: ReturnType<typeof parseReference>;
  const open: RegistryClient[] = [];
  const connect = (options: RegistryClientOptions = {}): RegistryClient => {
    const client = new RegistryClient({
      retry: { baseMs: 2, maxMs: 10, maxRetryAfterMs: 30 },
      ...options,
    });
    open.push(client);
    return client;
  };
  beforeAll(async () => {
    registry = await startDockerRegistry();
    await pushImage(connect(), parseReference(`${registry.host}/acme/web:1`), [layer]);
  });
  beforeEach(async () => {
    proxy = await startFaultProxy(registry.host);
    name = parseReference(`${proxy.host}/acme/web:1`);
  });
  afterEach(() => proxy[Symbol.asyncDispose]());
  afterAll(async () => {
    for (const client of open) await client[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  it("resumes a blob where it was cut, again and again while there is progress", async () => {
    const events: TsdockEvent[] = [];
    const client = connect({ retry: { failures: 1, baseMs: 1 }, emit: (event) => void events.push(event) });
    proxy.inject(({ target }) =>
      target.includes("/blobs/") ? { type: "truncate", after: 90_000 } : undefined,
    );
    expect(Buffer.compare(await collect(client.openBlob(name, blob)), layer)).toBe(0);
    const ranges = proxy.requests
      .filter(({ target }) => target.includes("/blobs/"))
      .map(({ headers }) => headers.range);
    expect(ranges.length).toBeGreaterThan(4);
    expect(new Set(ranges).size).toBe(ranges.length);
    expect(events.filter(({ type }) => type === "retry")).toHaveLength(ranges.length - 1);
  });

  it("reads on where a server ignores the range", async () => {
    const client = connect();
    proxy.inject(({ target, headers }, number) => {
      if (!target.includes("/blobs/")) return undefined;
      // The range is lost on the way.
      delete headers.range;
      return number === 1 ? { type: "truncate", after: 100_000 } : undefined;
    });
    expect(Buffer.compare(await collect(client.openBlob(name, blob)), layer)).toBe(0);
  });

  it("gives up after the failures that are allowed, and says what happened", async () => {
    const client = connect({ retry: { failures: 2, baseMs: 1 } });
    proxy.inject(() => ({ type: "reset" }));
    await expect(client.resolve(name)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: expect.stringContaining(proxy.host) as string,
    });
    expect(proxy.requests).toHaveLength(3);
  });

  it("notices a stalled download", async () => {
    // Only who waits for a stall is in a hurry: a busy machine stalls too.
    const client = connect({ idleTimeoutMs: 300 });
    let stalled = false;
    proxy.inject(({ target }) => {
      if (!target.includes("/blobs/") || stalled) return undefined;
      stalled = true;
      return { type: "stall" };
    });
    expect(Buffer.compare(await collect(client.openBlob(name, blob)), layer)).toBe(0);
  });

  it.each<[string, (request: { target: string }) => Fault | undefined, string]>([
    [
      "another manifest than the digest says",
      ({ target }) =>
        target.includes("/manifests/")
          ? { type: "change", body: (body) => Buffer.from(body.toString().replace("{", "{ ")) }
          : undefined,
      "REGISTRY_PROTOCOL",
    ],
    [
      "another media type",
      ({ target }) =>
        target.includes("/manifests/")
          ? { type: "change", headers: { "content-type": mediaTypes.index } }
          : undefined,
      "REGISTRY_PROTOCOL",
    ],
    [
      "schema 1",
      ({ target }) =>
        target.includes("/manifests/")
          ? {
              type: "answer",
              status: 200,
              headers: { "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws" },
              body: '{"schemaVersion":1,"fsLayers":[]}',
            }
          : undefined,
      "REGISTRY_UNSUPPORTED",
    ],
    [
      "a manifest that is also an index",
      ({ target }) =>
        target.includes("/manifests/")
          ? { type: "answer", status: 200, body: '{"schemaVersion":2,"layers":[],"manifests":[]}' }
          : undefined,
      "REGISTRY_PROTOCOL",
    ],
    [
      "a manifest without end",
      ({ target }) =>
        target.includes("/manifests/")
          ? { type: "change", body: () => Buffer.alloc(17 << 20, " ") }
          : undefined,
      "REGISTRY_PROTOCOL",
    ],
    [
      "another configuration",
      ({ target }) =>
        target.includes("/blobs/")
          ? { type: "change", body: (body) => Buffer.from(body.toString().replace("amd64", "arm64")) }
          : undefined,
      "REGISTRY_PROTOCOL",
    ],
    [
      "more bytes than announced",
      ({ target }) =>
        target.includes("/blobs/")
          ? { type: "change", body: (body) => Buffer.concat([body, body]) }
          : undefined,
      "REGISTRY_PROTOCOL",
    ],
    ["HTML", () => ({ type: "answer", status: 200, body: "<html>" }), "REGISTRY_PROTOCOL"],
    [
      "denial",
      () => ({
        type: "answer",
        status: 403,
        body: '{"errors":[{"code":"DENIED","message":"no\\u001b[31m"}]}',
      }),
      "REGISTRY_DENIED",
    ],
    [
      "too many requests",
      () => ({ type: "answer", status: 429, headers: { "retry-after": "3600" } }),
      "REGISTRY_RATE_LIMITED",
    ],
    [
      "redirects without end",
      ({ target }) =>
        target === "/v2/" ? undefined : { type: "answer", status: 307, headers: { location: target } },
      "REGISTRY_PROTOCOL",
    ],
  ])("refuses %s", async (_what, fault, code) => {
    const client = connect();
    proxy.inject((request) => fault(request));
    // The old format is found by a tag: by its digest, other bytes than those asked for are the first mistake.
    const { digest } = image.descriptor;
    const target = code === "REGISTRY_UNSUPPORTED" ? { ...name, tag: "old" } : { ...name, digest };
    const error = await pullManifest(client, target, amd64).catch((error: unknown) => error);
    expect(error).toMatchObject({ code });
    // Control characters of a registry never reach a terminal.
    expect((error as { details?: string }).details ?? "").not.toContain("\u001b");
  });

  it("compares the digest that a registry saw with its own", async () => {
    const client = connect();
    const other = `sha256:${"0".repeat(64)}`;
    proxy.inject(({ method }) =>
      method === "PUT" ? { type: "change", headers: { "docker-content-digest": other } } : undefined,
    );
    await expect(
      client.putManifest(name, { bytes: image.manifest, mediaType: mediaTypes.manifest }),
    ).rejects.toMatchObject({ code: "REGISTRY_PROTOCOL" });
  });

  it("sends no credentials to the storage that it is sent to", async () => {
    await using storage = await startFaultProxy(registry.host);
    const locked = connect({
      credentials: { find: () => Promise.resolve({ type: "basic", source: "the test", ...tester }) },
    });
    proxy.inject(({ target, headers }) => {
      if (headers.authorization === undefined) {
        return { type: "answer", status: 401, headers: { "www-authenticate": 'Basic realm="r"' } };
      }
      return target.includes("/blobs/")
        ? { type: "answer", status: 307, headers: { location: `http://${storage.host}${target}` } }
        : undefined;
    });
    expect(Buffer.compare(await collect(locked.openBlob(name, blob)), layer)).toBe(0);
    expect(proxy.requests.at(-1)?.headers.authorization).toBeDefined();
    expect(storage.requests).toHaveLength(1);
    expect(storage.requests[0]?.headers.authorization).toBeUndefined();
  });

  it("begins an upload again if the registry forgets it, and goes on where it knows it", async () => {
    const client = connect({ chunkBytes: 100_000 });
    const bytes = randomBytes(450_000);
    const descriptor = descriptorOf(bytes, mediaTypes.layerTar);
    let patches = 0;
    proxy.inject(({ method }) => {
      if (method !== "PATCH") return undefined;
      patches += 1;
      // The second piece arrives and its answer is lost; the fourth is cut in the middle.
      if (patches === 2) return { type: "lose-answer" };
      return patches === 4 ? { type: "cut-upload", after: 50_000 } : undefined;
    });
    const target = parseReference(`${proxy.host}/acme/resumed`);
    await client.pushBlob(target, { descriptor, source: bytesSource(bytes) });
    expect(Buffer.compare(await collect(client.openBlob(target, descriptor)), bytes)).toBe(0);
    const offsets = proxy.requests
      .filter(({ method }) => method === "PATCH")
      .map(({ headers }) => headers["content-range"]);
    expect(
      proxy.requests.some(({ method, target }) => method === "GET" && target.includes("/uploads/")),
    ).toBe(true);
    expect(offsets.length).toBeGreaterThan(5);
  });

  it("sends all at once where a registry takes no pieces", async () => {
    const client = connect({ chunkBytes: 100_000 });
    const bytes = randomBytes(250_000);
    const descriptor = descriptorOf(bytes, mediaTypes.layerTar);
    proxy.inject(({ method }) => (method === "PATCH" ? { type: "answer", status: 405 } : undefined));
    const target = parseReference(`${proxy.host}/acme/whole`);
    expect(await client.pushBlob(target, { descriptor, source: bytesSource(bytes) })).toBe("uploaded");
    expect(await client.hasBlob(target, descriptor.digest)).toBe(true);
  });

  it("gives up on a registry that forgets every upload", async () => {
    const client = connect({ retry: { failures: 3, baseMs: 1 } });
    proxy.inject(({ method }) => (method === "PUT" ? { type: "answer", status: 404 } : undefined));
    const target = parseReference(`${proxy.host}/acme/forgetful`);
    const bytes = randomBytes(10);
    const push = client.pushBlob(target, {
      descriptor: descriptorOf(bytes, mediaTypes.layerTar),
      source: bytesSource(bytes),
    });
    await expect(push).rejects.toMatchObject({ code: "REGISTRY_PROTOCOL" });
  });

  it("asks a mirror first, and the registry itself when the mirror has nothing or is gone", async () => {
    const mirrored = connect({ hosts: { [proxy.host]: { mirror: registry.host } } });
    expect((await mirrored.resolve(name)).digest).toBe(image.descriptor.digest);
    expect(proxy.requests).toHaveLength(0);
    const gone = connect({ hosts: { [proxy.host]: { mirror: nobodyThere } } });
    expect((await gone.resolve(name)).digest).toBe(image.descriptor.digest);
    expect(Buffer.compare(await collect(gone.openBlob(name, blob)), layer)).toBe(0);
    expect(proxy.requests.length).toBeGreaterThan(0);
  });

  it("stops at once when it is told to", async () => {
    const client = connect();
    const controller = new AbortController();
    proxy.inject(({ target }) => {
      if (target === "/v2/") return undefined;
      setTimeout(() => controller.abort(new Error("enough")), 20);
      return { type: "stall" };
    });
    await expect(client.resolve(name, controller.signal)).rejects.toThrow("enough");
  });

  it("says at once that nothing listens there", async () => {
    const client = connect({ retry: { failures: 6, baseMs: 10_000 } });
    const nobody = parseReference(`${nobodyThere}/acme/web`);
    await expect(client.resolve(nobody)).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" });
  });
});

describe.skipIf(!requires("docker-registry"))("TLS", () => {
  it("trusts a certificate that it is given and no other", async () => {
    const certificate = selfSignedCertificate();
    await using registry = await startDockerRegistry({ tls: certificate });
    const name = parseReference(`${registry.host}/acme/web:1`);
    const hosts = { [registry.host]: { ca: certificate.certificate } };
    await using trusting = new RegistryClient({ hosts });
    const pushed = await pushImage(trusting, name, []);
    expect(await trusting.resolve(name)).toEqual(pushed);
    await using strict = new RegistryClient({ hosts: { [registry.host]: { http: false } } });
    await expect(strict.resolve(name)).rejects.toMatchObject({ code: "REGISTRY_UNKNOWN_CA" });
    await using plain = new RegistryClient();
    await expect(plain.resolve(name)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      hint: expect.stringContaining("http: false") as string,
    });
  });

  it("says that a registry without TLS has none", async () => {
    await using registry = await startDockerRegistry();
    await using client = new RegistryClient({ hosts: { [registry.host]: { http: false } } });
    await expect(client.resolve(parseReference(`${registry.host}/acme/web`))).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      hint: expect.stringContaining("http: true") as string,
    });
  });
});
