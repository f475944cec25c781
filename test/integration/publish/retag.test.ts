import path from "node:path";
import { describe, expect, it } from "vitest";
import { Store } from "../../../core/oci/store/store.ts";
import { planPublish } from "../../../core/publish/plan/plan-publish.ts";
import { Publication } from "../../../core/publish/publication.ts";
import { publish, publishResult } from "../../../core/publish/publish.ts";
import { retag } from "../../../core/publish/retag.ts";
import { startDockerRegistry } from "../../support/docker-registry.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { immutable, rolling, setUp, storeImage, storeIndex, tarOf } from "./stored-fixture.ts";

describe.skipIf(!requires("docker-registry"))("images that get more tags in a registry", () => {
  it("are told of as they were when they were published, and nothing of them is sent", async () => {
    await using registry = await startDockerRegistry();
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    const one = await storeImage(store, [tarOf(tmp.path, "one", "one")]);
    const arm = await storeImage(store, [tarOf(tmp.path, "arm", "arm")], { architecture: "arm64" });
    const entry = (descriptor: typeof one, architecture: string) => ({
      ...descriptor,
      platform: { os: "linux", architecture },
    });
    const both = await storeIndex(store, [entry(one, "amd64"), entry(arm, "arm64")]);
    const images = [
      { name: "single", descriptor: one },
      { name: "both", descriptor: both },
    ];
    const destination = `${registry.host}/acme`;
    await using setup = setUp(store);
    const first = await publish({ ...setup.common, images, destination, tags: immutable("1.0.0") });
    const before = registry.accessLog().length;

    const names = images.map(({ name }) => name);
    const tags = () => [...immutable("1.0.0")(), ...rolling("stable")()];
    const plan = planPublish({ images: names, destination, tags });
    await using publication = await Publication.open(plan, setup.common);
    const existing = new Map(names.map((name) => [name, "1.0.0"]));
    const { signal } = setup.common;
    const released = await retag(publication, { existing, dryRun: false, signal });
    const result = publishResult(publication, released, 0);

    const facts = ({ images }: typeof first) =>
      images.map(({ name, digest, imageId, platforms }) => ({ name, digest, imageId, platforms }));
    expect(facts(result)).toEqual(facts(first));
    expect(result.images[0]?.imageId).toMatch(/^sha256:/);
    expect(result.images[1]?.platforms.map(({ platform }) => platform)).toEqual([
      "linux/amd64",
      "linux/arm64",
    ]);
    const sent = registry.accessLog(before).filter(({ method }) => method === "PUT" || method === "PATCH");
    expect(sent.map(({ target }) => target).sort()).toEqual([
      "/v2/acme/both/manifests/stable",
      "/v2/acme/single/manifests/stable",
    ]);
  });
});
