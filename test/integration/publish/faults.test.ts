import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { publish } from "../../../core/publish/publish.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { type DockerRegistry, startDockerRegistry } from "../../support/docker-registry.ts";
import { startFaultProxy } from "../../support/fault-proxy.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { rolling, setUp, storeImage, tarOf } from "./stored-fixture.ts";

describe.skipIf(!requires("docker-registry"))("publish through a bad network", () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  it("leaves every tag where it was if an image cannot be completed, and completes it the next time", async () => {
    await using tmp = temporaryDirectory();
    await using proxy = await startFaultProxy(registry.host);
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store, { retry: { failures: 1, baseMs: 1 } });
    const images = [
      { name: "good", descriptor: await storeImage(store, [tarOf(tmp.path, "good", "good")]) },
      { name: "bad", descriptor: await storeImage(store, [tarOf(tmp.path, "bad", "bad")]) },
    ];
    const options = { ...setup.common, images, destination: `${proxy.host}/half`, tags: rolling("1") };
    const isThere = (name: string) =>
      proxy.requests.some(
        ({ method, target, status }) =>
          method === "PUT" && target.includes(`/half/${name}/manifests/`) && status === 201,
      );
    proxy.inject(async ({ method, target }) => {
      if (method !== "PUT" || !target.includes("/half/bad/manifests/")) return undefined;
      // The first failure stops all: the other image is to be there by then.
      await vi.waitFor(() => expect(isThere("good")).toBe(true), { timeout: 20_000, interval: 5 });
      return { type: "answer", status: 500 };
    });
    await expect(publish(options)).rejects.toMatchObject({ code: "REGISTRY_FAILED" });
    for (const name of ["good", "bad"]) {
      expect(await setup.client.tags(parseReference(`${proxy.host}/half/${name}`))).toEqual([]);
    }
    proxy.inject(() => undefined);
    const result = await publish(options);
    expect(result.images.map(({ tags }) => tags[0]?.action)).toEqual(["create", "create"]);
    expect(result.blobs.uploaded).toBe(0);
  });

  it("sees that somebody else moved a tag in between", async () => {
    await using tmp = temporaryDirectory();
    await using proxy = await startFaultProxy(registry.host);
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store);
    const image = async (content: string) => {
      return { name: "web", descriptor: await storeImage(store, [tarOf(tmp.path, "file", content)]) };
    };
    const put = async (host: string, content: string) =>
      publish({
        ...setup.common,
        images: [await image(content)],
        destination: `${host}/race`,
        tags: rolling("1"),
      });
    await put(registry.host, "old");
    let theirs: Awaited<ReturnType<typeof put>> | undefined;
    proxy.inject(async ({ method, target }) => {
      // Our manifest has arrived and its tag has not when the other release does all of its work.
      if (method === "PUT" && target.includes("/manifests/sha256:"))
        theirs = await put(registry.host, "theirs");
      return undefined;
    });
    await expect(put(proxy.host, "ours")).rejects.toMatchObject({ code: "PUBLISH_FOREIGN_CHANGE" });
    const now = await setup.client.resolve(parseReference(`${registry.host}/race/web:1`));
    expect(now.digest).toBe(theirs?.images[0]?.digest);
  });
});
