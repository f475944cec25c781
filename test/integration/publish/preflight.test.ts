import fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TsdockEvent } from "../../../core/events.ts";
import { RegistryClient } from "../../../core/oci/registry/client.ts";
import { defaultCredentials } from "../../../core/oci/registry/default-credentials.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { StoredJournals } from "../../../core/publish/journal/journal-files.ts";
import { publish, type PublishOptions } from "../../../core/publish/publish.ts";
import { releaseRecord } from "../../../core/publish/record/release-record.ts";
import { selfSignedCertificate } from "../../support/certificate.ts";
import { type DockerRegistry, startDockerRegistry, tester } from "../../support/docker-registry.ts";
import { startFaultProxy } from "../../support/fault-proxy.ts";
import { nobodyThere } from "../../support/free-port.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { startTokenServer, type TokenServer } from "../../support/token-server.ts";
import { immutable, impatient, rolling, storeImage, tarOf } from "./stored-fixture.ts";

const wrong = "not the password";
const secrets = [
  tester.password,
  wrong,
  Buffer.from(`${tester.username}:${tester.password}`).toString("base64"),
  Buffer.from(`${tester.username}:${wrong}`).toString("base64"),
  // Every token that the tests' own service gives begins so.
  "eyJ",
];

/** Everything that an error or an event shows, its causes too. */
function shown(value: unknown): string {
  if (value instanceof Error)
    return [...Object.values(value), value.message, value.stack ?? "", value.cause].map(shown).join("\n");
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

const variable = (host: string): string => `TSDOCK_AUTH_${host.replaceAll(/\W/g, "_")}`;
const writes = ["POST", "PUT", "PATCH"];

describe.skipIf(!requires("docker-registry"))("what is found out before anything is sent", () => {
  const tmp = temporaryDirectory();
  const events: TsdockEvent[] = [];
  let store: Store;
  let basic: DockerRegistry;
  let tokens: TokenServer;
  let bearer: DockerRegistry;
  beforeAll(async () => {
    store = await Store.open(path.join(tmp.path, "store"));
    basic = await startDockerRegistry({ auth: "htpasswd" });
    tokens = await startTokenServer();
    const { realm, service, issuer, certificate } = tokens;
    bearer = await startDockerRegistry({ auth: { realm, service, issuer, certificate } });
  });
  afterAll(async () => {
    await bearer[Symbol.asyncDispose]();
    await tokens[Symbol.asyncDispose]();
    await basic[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await tmp[Symbol.asyncDispose]();
  });

  const run = async (
    destination: string,
    env: Readonly<Record<string, string>>,
    more: Partial<PublishOptions> = {},
  ) => {
    const emit = (event: TsdockEvent): void => void events.push(event);
    await using client = new RegistryClient({
      credentials: defaultCredentials(env, tmp.path),
      emit,
      retry: { ...impatient, failures: 1 },
    });
    const descriptor = await storeImage(store, [tarOf(tmp.path, "file", "content")]);
    return await publish({
      images: ["web", "api"].map((name) => ({ name, descriptor })),
      destination,
      tags: rolling("1.2"),
      store,
      client: () => Promise.resolve(client),
      journal: new StoredJournals(store.directory, tmp.path),
      emit,
      signal: new AbortController().signal,
      ...more,
    });
  };
  const failure = async (...given: Parameters<typeof run>) => {
    const error = await run(...given).then(
      () => undefined,
      (error: unknown) => error as Error & { code: string; details: string; hint: string },
    );
    if (error === undefined) throw new Error("it was published");
    for (const secret of secrets) expect(shown(error)).not.toContain(secret);
    return error;
  };
  const right = (host: string) => ({ [variable(host)]: `${tester.username}:${tester.password}` });
  const nothingSent = ({ accessLog }: DockerRegistry, since: number): void => {
    const sent = accessLog(since).filter(({ method, status }) => writes.includes(method) && status < 300);
    expect(sent.filter(({ method }) => method !== "POST")).toEqual([]);
  };

  it("says that a password is wrong, once for all images, and where it is from", async () => {
    const before = basic.accessLog().length;
    const env = { [variable(basic.host)]: `${tester.username}:${wrong}` };
    const error = await failure(`${basic.host}/acme`, env);
    expect(error.code).toBe("REGISTRY_UNAUTHORIZED");
    expect(error.details).toContain(`credentials: ${variable(basic.host)}`);
    expect(error.details).toContain(`web as ${basic.host}/acme/web:1.2`);
    expect(error.details).toContain(`api as ${basic.host}/acme/api:1.2`);
    // A login alone would change nothing: the variable goes before what it stores.
    expect(error.hint).toContain(`correct ${variable(basic.host)}, or unset it and log in`);
    expect(error.hint).toContain(`tsdock login ${basic.host}`);
    nothingSent(basic, before);
  });

  it("says that a token service knows nobody of this name", async () => {
    const file = path.join(tmp.path, ".docker", "config.json");
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const auth = Buffer.from(`${tester.username}:${wrong}`).toString("base64");
    fs.writeFileSync(file, JSON.stringify({ auths: { [bearer.host]: { auth } } }));
    const error = await failure(`${bearer.host}/acme`, {});
    fs.rmSync(file);
    expect(error).toMatchObject({ code: "REGISTRY_UNAUTHORIZED" });
    expect(error.details).toContain(`${file} (${bearer.host})`);
  });

  it("finds out that it may read and not write", async () => {
    const before = bearer.accessLog().length;
    const error = await failure(`${bearer.host}/public`, {});
    expect(["REGISTRY_UNAUTHORIZED", "REGISTRY_DENIED"]).toContain(error.code);
    expect(error.message).toContain(`begin an upload to ${bearer.host}/public/`);
    expect(error.details).toContain("no credentials");
    expect(error.details).toContain("insufficient scope");
    expect(error.hint).toMatch(/^log in by/);
    expect(error.details).toContain(`web as ${bearer.host}/public/web:1.2`);
    nothingSent(bearer, before);
  });

  it("says that a token has expired", async () => {
    tokens.lifetime(-120);
    const error = await failure(`${bearer.host}/acme`, right(bearer.host));
    tokens.lifetime(300);
    expect(error.code).toBe("REGISTRY_UNAUTHORIZED");
    expect(error.details).toContain(variable(bearer.host));
    expect(error.details).toContain("the registry says: invalid token");
  });

  it.each([
    [404, "NAME_UNKNOWN", "REGISTRY_NOT_FOUND", "create the repository there"],
    [403, "DENIED", "REGISTRY_DENIED", "use another"],
  ])("says that a repository does not exist or is not ours: %s", async (status, code, expected, remedy) => {
    await using proxy = await startFaultProxy(basic.host);
    const body = JSON.stringify({ errors: [{ code, message: "repository is not known" }] });
    proxy.inject(({ method, target }) =>
      method === "POST" && target.includes("/web/") ? { type: "answer", status, body } : undefined,
    );
    const error = await failure(`${proxy.host}/acme`, right(proxy.host));
    expect(error.code).toBe(expected);
    expect(error.message).toContain(`${proxy.host}/acme/web`);
    expect(error.details).toContain("repository is not known");
    expect(error.details).not.toContain("api as");
    expect(error.hint).toContain(remedy);
    expect(proxy.requests.filter(({ method }) => method === "PUT" || method === "PATCH")).toEqual([]);
  });

  it("says that nothing listens there, once", async () => {
    const host = nobodyThere;
    const error = await failure(`${host}/acme`, {});
    expect(error.code).toBe("REGISTRY_UNREACHABLE");
    expect(error.message).toContain(host);
    expect(error.details).toContain(`api as ${host}/acme/api:1.2`);
  });

  it("says that a certificate is not trusted", async () => {
    const { certificate, privateKey } = selfSignedCertificate();
    const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    await using registry = await startDockerRegistry({ tls: { certificate, key } });
    const port = registry.host.split(":")[1] ?? "";
    await using client = new RegistryClient({ hosts: { [`localhost:${port}`]: { http: false } } });
    const error = await failure(`localhost:${port}/acme`, {}, { client: () => Promise.resolve(client) });
    expect(error.code).toBe("REGISTRY_UNKNOWN_CA");
    expect(error.hint).toContain(`registries: { "localhost:${port}": { ca } }`);
    expect(error.details).toContain(`web as localhost:${port}/acme/web:1.2`);
  });

  it("refuses bad tags and two images with one tag without asking anybody", async () => {
    await using proxy = await startFaultProxy(basic.host);
    expect(await failure(`${proxy.host}/acme`, {}, { tags: rolling("a/b") })).toMatchObject({
      code: "TAG_INVALID",
      message: '"a/b", wanted for web, is not a tag',
    });
    const collision = await failure(
      `${proxy.host}/acme`,
      {},
      { repository: () => `${proxy.host}/acme/both` },
    );
    expect(collision).toMatchObject({
      code: "PUBLISH_COLLISION",
      message: `the images web and api would both be published as ${proxy.host}/acme/both:1.2`,
    });
    // The log of the registry may get lines of what another test has given up.
    expect(proxy.requests).toEqual([]);
  });

  it("keeps secrets out of events, errors, journals, records and the store, also where they were used", async () => {
    for (const registry of [basic, bearer]) {
      const result = await run(`${registry.host}/secret`, right(registry.host), { tags: immutable("3") });
      events.push({ type: "debug", message: JSON.stringify([result, releaseRecord(result)]) });
      await failure(`${registry.host}/secret`, right(registry.host), {
        tags: immutable("3"),
        images: [{ name: "web", descriptor: await storeImage(store, [tarOf(tmp.path, "other", "other")]) }],
      });
    }
    expect(events.some((event) => event.type === "debug" && event.message.includes("TSDOCK_AUTH_"))).toBe(
      true,
    );
    const said = events.map(shown).join("\n");
    const kept = fs
      .readdirSync(store.directory, { recursive: true, encoding: "utf8" })
      .map((name) => path.join(store.directory, name))
      .filter((file) => fs.statSync(file).isFile())
      .map((file) => fs.readFileSync(file, "latin1"));
    expect(kept.some((text) => text.includes('"state": "complete"'))).toBe(true);
    for (const secret of secrets) {
      expect(said).not.toContain(secret);
      for (const text of kept) expect(text).not.toContain(secret);
    }
  });

  it("sends credentials to no other host that it is sent to", async () => {
    const heard: (string | undefined)[] = [];
    const elsewhere = createServer((request, response) => {
      heard.push(request.headers.authorization);
      request.resume().on("end", () => response.writeHead(404).end());
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const { port } = elsewhere.address() as AddressInfo;
    await using proxy = await startFaultProxy(basic.host);
    proxy.inject(({ target }) =>
      target.includes("/manifests/") || target.includes("/blobs/")
        ? { type: "answer", status: 307, headers: { location: `http://127.0.0.1:${port}${target}` } }
        : undefined,
    );
    await failure(`${proxy.host}/acme`, right(proxy.host));
    elsewhere.closeAllConnections();
    await new Promise((resolve) => elsewhere.close(resolve));
    expect(heard.length).toBeGreaterThan(0);
    expect(heard.filter((value) => value !== undefined)).toEqual([]);
  });
});
