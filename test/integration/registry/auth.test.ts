import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TsdockEvent } from "../../../core/events.ts";
import { RegistryClient, type RegistryClientOptions } from "../../../core/oci/registry/client.ts";
import type { Credential } from "../../../core/oci/registry/credentials.ts";
import { defaultCredentials } from "../../../core/oci/registry/default-credentials.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";
import { type DockerRegistry, startDockerRegistry, tester } from "../../support/docker-registry.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { identityToken, startTokenServer, type TokenServer } from "../../support/token-server.ts";
import { bytesSource, collect, descriptorOf, pushImage } from "./image-fixture.ts";

const right: Credential = { type: "basic", source: "the test", ...tester };
const wrong: Credential = { ...right, password: "not the password" };
const known = (credential: Credential): RegistryClientOptions => ({
  credentials: { find: () => Promise.resolve(credential) },
});
const secrets = [
  tester.password,
  wrong.type === "basic" ? wrong.password : "",
  identityToken,
  Buffer.from(`${tester.username}:${tester.password}`).toString("base64"),
  "eyJ",
];

/** Everything that an error or an event shows, its causes too. */
function shown(value: unknown): string {
  if (value instanceof Error) {
    return [...Object.values(value), value.message, value.stack ?? "", value.cause].map(shown).join("\n");
  }
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
const expectNoSecret = (...values: readonly unknown[]): void => {
  for (const secret of secrets) expect(values.map(shown).join("\n")).not.toContain(secret);
};

describe.skipIf(!requires("docker-registry"))("Basic authentication", () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry({ auth: "htpasswd" });
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  it("pushes and pulls with credentials and never shows them", async () => {
    const events: TsdockEvent[] = [];
    const before = registry.accessLog().length;
    await using client = new RegistryClient({ ...known(right), emit: (event) => void events.push(event) });
    const name = parseReference(`${registry.host}/acme/web:1`);
    const pushed = await pushImage(client, name, [randomBytes(1000)]);
    expect(await client.resolve(name)).toEqual(pushed);
    expect(events.some((event) => event.type === "debug" && event.message.includes("the test"))).toBe(true);
    expectNoSecret(...events);
    // One question and its 401; everything else carries the credentials at once.
    expect(
      registry
        .accessLog()
        .slice(before)
        .filter(({ status }) => status === 401),
    ).toHaveLength(1);
  });

  it.each([
    ["wrong credentials", known(wrong), "the test"],
    ["none", {}, "no credentials"],
  ])("says what was used: %s", async (_name, options, source) => {
    await using client = new RegistryClient(options);
    const error = await client
      .resolve(parseReference(`${registry.host}/acme/web`))
      .catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: "REGISTRY_UNAUTHORIZED",
      hint: expect.stringContaining(`tsdock login ${registry.host}`) as string,
      details: expect.stringContaining(source) as string,
    });
    expectNoSecret(error);
  });

  it("finds credentials in the docker config, and a helper's before its own", async () => {
    await using tmp = temporaryDirectory();
    const helper = path.join(tmp.path, "docker-credential-tests");
    const answer = JSON.stringify({
      ServerURL: registry.host,
      Username: tester.username,
      Secret: tester.password,
    });
    fs.writeFileSync(
      helper,
      `#!/bin/sh\nread server\n[ "$1 $server" = "get ${registry.host}" ] && echo '${answer}'\n`,
      { mode: 0o755 },
    );
    const auth = Buffer.from("tester:outdated").toString("base64");
    const config = { auths: { [registry.host]: { auth } }, credHelpers: { [registry.host]: "tests" } };
    fs.writeFileSync(path.join(tmp.path, "config.json"), JSON.stringify(config));
    const env = { DOCKER_CONFIG: tmp.path, PATH: `${tmp.path}:/usr/bin:/bin` };
    await using client = new RegistryClient({ credentials: defaultCredentials(env, tmp.path) });
    expect(await client.tags(parseReference(`${registry.host}/acme/none`))).toEqual([]);
  });
});

describe.skipIf(!requires("docker-registry"))("Bearer authentication", () => {
  let tokens: TokenServer;
  let registry: DockerRegistry;
  beforeAll(async () => {
    tokens = await startTokenServer();
    const { realm, service, issuer, certificate } = tokens;
    registry = await startDockerRegistry({ auth: { realm, service, issuer, certificate } });
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await tokens[Symbol.asyncDispose]();
  });

  it("asks for one token per scope and mounts with the source's scope in the same token", async () => {
    await using client = new RegistryClient(known(right));
    const bytes = randomBytes(1000);
    const blob = { descriptor: descriptorOf(bytes, mediaTypes.layerTar), source: bytesSource(bytes) };
    const before = tokens.requests.length;
    await client.pushBlob(parseReference(`${registry.host}/a/from`), blob);
    await client.pushBlob(parseReference(`${registry.host}/a/from`), blob);
    const to = parseReference(`${registry.host}/a/to`);
    expect(await client.pushBlob(to, { ...blob, mountFrom: ["a/from"] })).toBe("mounted");
    expect(tokens.requests.slice(before).map(({ scopes }) => scopes)).toEqual([
      ["repository:a/from:pull,push"],
      ["repository:a/from:pull", "repository:a/to:pull,push"],
    ]);
  });

  it("uploads where the mount's source may not be read", async () => {
    await using client = new RegistryClient(known(right));
    const bytes = randomBytes(1000);
    const blob = { descriptor: descriptorOf(bytes, mediaTypes.layerTar), source: bytesSource(bytes) };
    const result = await client.pushBlob(parseReference(`${registry.host}/b/to`), {
      ...blob,
      mountFrom: ["b/unknown"],
    });
    expect(result).toBe("uploaded");
  });

  it("takes an identity token", async () => {
    await using client = new RegistryClient(
      known({ type: "identity", source: "the test", token: identityToken }),
    );
    const before = tokens.requests.length;
    await pushImage(client, parseReference(`${registry.host}/c/web:1`), []);
    expect(tokens.requests[before]).toMatchObject({ method: "POST", proof: "refresh" });
  });

  it("reads what everybody may read without credentials, and is denied the rest", async () => {
    await using owner = new RegistryClient(known(right));
    await using stranger = new RegistryClient();
    const name = parseReference(`${registry.host}/public/web:1`);
    const pushed = await pushImage(owner, name, []);
    expect(await stranger.resolve(name)).toEqual(pushed);
    await expect(stranger.checkPush(name)).rejects.toMatchObject({ code: "REGISTRY_UNAUTHORIZED" });
  });

  it("gets a new token when one is refused in the middle, and renews those that will end soon", async () => {
    await using client = new RegistryClient(known(right));
    const name = parseReference(`${registry.host}/d/web:1`);
    // The registry allows a minute for clocks that differ: such a token is refused as soon as it is used.
    tokens.lifetime(-120);
    const expired = client.resolve(name);
    await expect(expired).rejects.toMatchObject({ code: "REGISTRY_UNAUTHORIZED" });
    tokens.lifetime(300);
    const pushed = await pushImage(client, name, [randomBytes(1000)]);
    expect(await client.resolve(name)).toEqual(pushed);
    const before = tokens.requests.length;
    tokens.lifetime(1);
    await using second = new RegistryClient(known(right));
    await second.resolve(name);
    await second.resolve(name);
    await new Promise((resolve) => setTimeout(resolve, 900));
    await second.resolve(name);
    expect(tokens.requests.length - before).toBe(2);
  });

  it("shows no secret when the token service refuses", async () => {
    const events: TsdockEvent[] = [];
    await using client = new RegistryClient({ ...known(wrong), emit: (event) => void events.push(event) });
    const error = await client
      .resolve(parseReference(`${registry.host}/e/web`))
      .catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: "REGISTRY_UNAUTHORIZED",
      details: expect.stringContaining("wrong password") as string,
    });
    expectNoSecret(error, ...events);
  });

  it("reads a blob whose token is refused on the way", async () => {
    await using client = new RegistryClient(known(right));
    const name = parseReference(`${registry.host}/f/web`);
    const bytes = randomBytes(5000);
    const descriptor = descriptorOf(bytes, mediaTypes.layerTar);
    await client.pushBlob(name, { descriptor, source: bytesSource(bytes) });
    expect(Buffer.compare(await collect(client.openBlob(name, descriptor)), bytes)).toBe(0);
  });
});
