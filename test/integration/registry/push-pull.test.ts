import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RegistryClient } from "../../../core/oci/registry/client.ts";
import { pullManifest } from "../../../core/oci/registry/pull-image.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";
import { type DockerRegistry, startDockerRegistry } from "../../support/docker-registry.ts";
import { requires } from "../../support/requires.ts";
import { bytesSource, collect, descriptorOf, pushImage } from "./image-fixture.ts";

describe.skipIf(!requires("docker-registry"))("push and pull", () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  it("reads back what it pushed", async () => {
    await using client = new RegistryClient();
    const name = parseReference(`${registry.host}/acme/web:1`);
    const layer = randomBytes(300_000);
    const pushed = await pushImage(client, name, [layer]);
    expect(await client.resolve(name)).toEqual(pushed);
    const pulled = await pullManifest(client, name, { os: "linux", architecture: "amd64" });
    expect(pulled.manifest.descriptor).toEqual(pushed);
    const [only] = pulled.manifest.value.layers;
    if (only === undefined) throw new Error("no layer");
    expect(digestOf(await collect(pulled.openLayer(only)))).toBe(digestOf(layer));
  });

  it("uploads in pieces", async () => {
    await using client = new RegistryClient({ chunkBytes: 64 * 1024 });
    const name = parseReference(`${registry.host}/acme/pieces`);
    const bytes = randomBytes(300_001);
    const descriptor = descriptorOf(bytes, mediaTypes.layerTar);
    const before = registry.accessLog().length;
    expect(await client.pushBlob(name, { descriptor, source: bytesSource(bytes) })).toBe("uploaded");
    expect(registry.accessLog(before).filter(({ method }) => method === "PATCH")).toHaveLength(5);
    expect(await client.hasBlob(name, descriptor.digest)).toBe(true);
    expect(Buffer.compare(await collect(client.openBlob(name, descriptor)), bytes)).toBe(0);
  });

  it("mounts from another repository of the registry", async () => {
    await using client = new RegistryClient();
    const bytes = randomBytes(1000);
    const descriptor = descriptorOf(bytes, mediaTypes.layerTar);
    const from = parseReference(`${registry.host}/acme/from`);
    const to = parseReference(`${registry.host}/acme/to`);
    await client.pushBlob(from, { descriptor, source: bytesSource(bytes) });
    const never = {
      open: () => {
        throw new Error("read though it could be mounted");
      },
    };
    expect(await client.pushBlob(to, { descriptor, source: never, mountFrom: ["acme/from"] })).toBe(
      "mounted",
    );
    expect(await client.hasBlob(to, descriptor.digest)).toBe(true);
  });

  it("uses the upload that a refused mount began", async () => {
    await using client = new RegistryClient();
    const bytes = randomBytes(1000);
    const descriptor = descriptorOf(bytes, mediaTypes.layerTar);
    const before = registry.accessLog().length;
    const to = parseReference(`${registry.host}/acme/refused`);
    const blob = { descriptor, source: bytesSource(bytes), mountFrom: ["acme/nothing"] };
    expect(await client.pushBlob(to, blob)).toBe("uploaded");
    expect(registry.accessLog(before).filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  it("lists tags page by page, deletes, and says what is missing", async () => {
    await using client = new RegistryClient();
    const name = parseReference(`${registry.host}/acme/tags:a`);
    const { digest } = await pushImage(client, name, []);
    await pushImage(client, { ...name, tag: "b" }, []);
    expect([...(await client.tags(name))].sort()).toEqual(["a", "b"]);
    expect(await client.deleteManifest(name, digest)).toBe(true);
    expect(await client.deleteManifest(name, digest)).toBe(false);
    expect(await client.find(name)).toBeUndefined();
    await expect(client.manifest(name)).rejects.toMatchObject({ code: "REGISTRY_NOT_FOUND" });
    expect(await client.tags({ registry: registry.host, repository: "acme/never" })).toEqual([]);
  });

  it("leaves no upload behind when it asks whether it may push", async () => {
    await using client = new RegistryClient();
    const before = registry.accessLog().length;
    await client.checkPush({ registry: registry.host, repository: "acme/check" });
    // The line of a large answer to another test may come when that has been read already.
    const methods = registry
      .accessLog(before)
      .filter(({ target }) => !target.startsWith("/v2/acme/") || target.startsWith("/v2/acme/check/"))
      .map(({ method, status }) => `${method} ${status}`);
    expect(methods).toEqual(["GET 200", "POST 202", "DELETE 204"]);
  });
});
