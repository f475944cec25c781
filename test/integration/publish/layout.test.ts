import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { publish } from "../../../core/publish/publish.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { immutable, rolling, setUp, storeImage, tarOf } from "./stored-fixture.ts";

describe("publish to a layout", () => {
  it("writes names and blobs, and nothing when it is done again", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store);
    const shared = tarOf(tmp.path, "shared", randomBytes(100_000));
    const images = [
      { name: "web", descriptor: await storeImage(store, [shared, tarOf(tmp.path, "web", "web")]) },
      { name: "api", descriptor: await storeImage(store, [shared]) },
    ];
    const layout = path.join(tmp.path, "layout");
    const options = { ...setup.common, images, destination: `oci:${layout}`, tags: rolling("1", "latest") };
    const first = await publish(options);
    expect(first.blobs).toMatchObject({ uploaded: 4, existing: 1 });
    expect(first.images.map(({ repository }) => repository)).toEqual([`oci:${layout}`, `oci:${layout}`]);
    expect(names(layout)).toEqual(["api:1", "api:latest", "web:1", "web:latest"]);
    const index = fs.statSync(path.join(layout, "index.json")).mtimeMs;
    const second = await publish(options);
    expect(second.images.flatMap(({ tags }) => tags.map(({ action }) => action))).toEqual([
      "keep",
      "keep",
      "keep",
      "keep",
    ]);
    expect(second.blobs).toMatchObject({ uploaded: 0, existing: 5 });
    expect(fs.statSync(path.join(layout, "index.json")).mtimeMs).toBe(index);
    expect(
      fs
        .readdirSync(layout)
        .sort()
        .filter((name) => !name.startsWith(".tsdock.")),
    ).toEqual(["blobs", "index.json", "oci-layout"]);
  });

  it("keeps the immutable names of a layout", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store);
    const destination = `oci:${path.join(tmp.path, "layout")}`;
    const put = async (content: string) => {
      const images = [
        { name: "web", descriptor: await storeImage(store, [tarOf(tmp.path, "file", content)]) },
      ];
      return publish({ ...setup.common, images, destination, tags: immutable("1") });
    };
    await put("one");
    await expect(put("two")).rejects.toMatchObject({ code: "PUBLISH_IMMUTABLE" });
  });

  it("moves a rolling tag to no older version, and says why", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store);
    const destination = `oci:${path.join(tmp.path, "layout")}`;
    const release = async (version: string) => {
      const images = [
        { name: "web", descriptor: await storeImage(store, [tarOf(tmp.path, "file", version)]) },
      ];
      const forms = [{ prefix: "", suffix: "" }];
      const line = { scheme: "semver", version, same: [], among: "stable", forms } as const;
      const tags = () =>
        [
          { tag: version, class: "immutable", reason: "test" },
          { tag: "latest", class: "rolling", reason: "test", line },
        ] as const;
      const { images: done } = await publish({ ...setup.common, images, destination, tags });
      return done[0]?.tags[1];
    };
    expect(await release("2.5.2")).toMatchObject({ action: "create" });
    const newest = (await release("2.6.0"))?.to;
    const backport = await release("1.1.1");
    expect(backport).toMatchObject({ action: "skip", from: newest, to: newest });
    expect(backport?.reason).toContain("2.6.0 is published and newer than 1.1.1");
    expect(await release("2.6.0")).toMatchObject({ action: "keep" });
  });

  it("loses no name when two publishes write one layout", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store);
    const layout = path.join(tmp.path, "layout");
    const one = async (name: string) => {
      const images = [{ name, descriptor: await storeImage(store, [tarOf(tmp.path, name, name)]) }];
      return publish({ ...setup.common, images, destination: `oci:${layout}`, tags: rolling("1") });
    };
    await Promise.all(["a", "b", "c", "d"].map(one));
    expect(names(layout)).toEqual(["a:1", "b:1", "c:1", "d:1"]);
  });

  it.skipIf(!requires("umoci"))("is unpacked by umoci", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store);
    const images = [
      { name: "web", descriptor: await storeImage(store, [tarOf(tmp.path, "hello", "content")]) },
    ];
    const layout = path.join(tmp.path, "layout");
    await publish({ ...setup.common, images, destination: `oci:${layout}`, tags: rolling("1") });
    const bundle = path.join(tmp.path, "bundle");
    const result = spawnSync("umoci", ["unpack", "--rootless", "--image", `${layout}:web:1`, bundle], {
      encoding: "utf8",
    });
    // umoci splits at the first colon: names with a colon are given by digest there.
    if (result.status !== 0) expect(result.stderr).toContain("web:1");
    else expect(fs.readFileSync(path.join(bundle, "rootfs", "hello"), "utf8")).toBe("content");
  });
});

const names = (layout: string): readonly string[] =>
  (
    JSON.parse(fs.readFileSync(path.join(layout, "index.json"), "utf8")) as {
      manifests: { annotations: Record<string, string> }[];
    }
  ).manifests.map(({ annotations }) => annotations["org.opencontainers.image.ref.name"] ?? "");
