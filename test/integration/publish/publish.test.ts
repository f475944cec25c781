import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publish } from "../../../core/publish/publish.ts";
import { pullManifest } from "../../../core/oci/registry/pull-image.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { type DockerRegistry, startDockerRegistry } from "../../support/docker-registry.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { immutable, rolling, setUp, storeImage, storeIndex, tarOf } from "./stored-fixture.ts";

const writes = ["POST", "PUT", "PATCH", "DELETE"];
const amd64 = { os: "linux", architecture: "amd64" } as const;

describe.skipIf(!requires("docker-registry"))("publish to a registry", () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  it("sends each blob once, mounts it elsewhere, and moves tags last", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store);
    const shared = tarOf(tmp.path, "shared", randomBytes(100_000));
    const images = [
      { name: "web", descriptor: await storeImage(store, [shared, tarOf(tmp.path, "web", "web")]) },
      { name: "jobs/api", descriptor: await storeImage(store, [shared, tarOf(tmp.path, "api", "api")]) },
    ];
    const before = registry.accessLog().length;
    const destination = `${registry.host}/first`;
    const result = await publish({ ...setup.common, images, destination, tags: rolling("1.0", "latest") });

    expect(result.blobs).toMatchObject({ uploaded: 5, mounted: 1, existing: 0 });
    expect(result.images.map(({ repository }) => repository)).toEqual([
      `${destination}/web`,
      `${destination}/jobs/api`,
    ]);
    expect(result.images[0]?.tags.map(({ tag, action }) => `${tag} ${action}`)).toEqual([
      "1.0 create",
      "latest create",
    ]);
    const log = registry.accessLog(before);
    expect(log.filter(({ target, status }) => target.includes("mount=") && status === 201)).toHaveLength(1);
    const puts = log
      .filter(({ method, target }) => method === "PUT" && target.includes("/manifests/"))
      .map(({ target }) => target);
    const byTag = puts.map((target) => !target.includes("sha256:"));
    expect(byTag).toEqual([false, false, true, true, true, true]);
    const lastBlob = log.findLastIndex(
      ({ method, target }) => method === "PUT" && target.includes("/uploads/"),
    );
    const firstTag = log.findIndex(
      ({ method, target }) => method === "PUT" && /manifests\/(1\.0|latest)$/.test(target),
    );
    expect(lastBlob).toBeLessThan(firstTag);
  });

  it("sends nothing and moves nothing when it is done again, on this machine or another", async () => {
    await using tmp = temporaryDirectory();
    const layer = tarOf(tmp.path, "file", randomBytes(50_000));
    const again = async (directory: string) => {
      await using store = await Store.open(path.join(tmp.path, directory));
      await using setup = setUp(store);
      const images = [
        { name: "one", descriptor: await storeImage(store, [layer]) },
        {
          name: "many",
          descriptor: await storeIndex(store, [
            { ...(await storeImage(store, [layer])), platform: amd64 },
            {
              ...(await storeImage(store, [layer], { architecture: "arm64" })),
              platform: { os: "linux", architecture: "arm64" },
            },
          ]),
        },
      ];
      const before = registry.accessLog().length;
      const result = await publish({
        ...setup.common,
        images,
        destination: `${registry.host}/again`,
        tags: rolling("v1"),
      });
      return { result, log: registry.accessLog(before), events: setup.events };
    };
    const first = await again("store");
    for (const directory of ["store", "elsewhere"]) {
      const second = await again(directory);
      expect(second.result.images.map(({ digest }) => digest)).toEqual(
        first.result.images.map(({ digest }) => digest),
      );
      expect(second.result.images.flatMap(({ tags }) => tags.map(({ action }) => action))).toEqual([
        "keep",
        "keep",
      ]);
      expect(second.result.blobs).toMatchObject({ uploaded: 0, mounted: 0, bytes: 0 });
      expect(second.log.filter(({ method }) => writes.includes(method))).toEqual([]);
      // What is published is recognised before anything is compressed.
      expect(second.events.filter((event) => event.type === "transfer" && event.kind === "compress")).toEqual(
        [],
      );
    }
    const arm = await pullManifest(setUpClient(), parseReference(`${registry.host}/again/many:v1`), {
      os: "linux",
      architecture: "arm64",
    });
    expect(arm.config.value.architecture).toBe("arm64");
  });

  it("moves rolling tags and refuses to move immutable ones, before anything is sent", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store);
    const destination = `${registry.host}/moves`;
    const put = async (content: string, tags: ReturnType<typeof rolling> | ReturnType<typeof immutable>) => {
      const images = [
        { name: "web", descriptor: await storeImage(store, [tarOf(tmp.path, "file", content)]) },
      ];
      return publish({ ...setup.common, images, destination, tags });
    };
    const first = await put("one", immutable("1.0.0"));
    const before = registry.accessLog().length;
    await expect(put("two", immutable("1.0.0"))).rejects.toMatchObject({
      code: "PUBLISH_IMMUTABLE",
      message: expect.stringContaining(`${destination}/web:1.0.0`) as string,
    });
    const sent = registry.accessLog(before).filter(({ method }) => ["PUT", "PATCH"].includes(method));
    expect(sent).toEqual([]);
    const read = registry
      .accessLog(before)
      .filter(({ method, target }) => method === "GET" && target.includes("/manifests/"));
    expect(read.map(({ target }) => target)).toEqual([
      `/v2/moves/web/manifests/${first.images[0]?.digest ?? ""}`,
    ]);
    const moved = await put("two", rolling("1.0.0"));
    expect(moved.images[0]?.tags[0]).toMatchObject({ action: "move", from: first.images[0]?.digest });
    expect(await put("two", immutable("1.0.0"))).toMatchObject({ images: [{ tags: [{ action: "keep" }] }] });
  });

  it("mounts the layers of a base that was never downloaded", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using other = await Store.open(path.join(tmp.path, "other"));
    await using setup = setUp(store);
    const layer = tarOf(tmp.path, "base", randomBytes(200_000));
    const base = [{ name: "base", descriptor: await storeImage(store, [layer]) }];
    await publish({
      ...setup.common,
      images: base,
      destination: `${registry.host}/bases`,
      tags: rolling("1"),
    });

    await using second = setUp(other);
    const name = parseReference(`${registry.host}/bases/base:1`);
    const pulled = await pullManifest(second.client, name, amd64);
    const [lazy] = pulled.manifest.value.layers;
    if (lazy === undefined) throw new Error("the base has no layer");
    await other.compressed.put(digestOf(layer), { descriptor: lazy, repositories: [pulled.repository] });
    const own = tarOf(tmp.path, "own", "own");
    const images = [{ name: "app", descriptor: await composed(other, lazy, digestOf(layer), own) }];
    const before = registry.accessLog().length;
    const result = await publish({
      ...second.common,
      images,
      destination: `${registry.host}/apps`,
      tags: rolling("1"),
    });
    expect(result.blobs).toMatchObject({ uploaded: 2, mounted: 1 });
    expect(other.blobs.has(lazy.digest)).toBe(false);
    expect(
      registry
        .accessLog(before)
        .filter(({ method, target }) => method === "GET" && target.includes("/blobs/")),
    ).toEqual([]);
  });

  it("carries the layers of a base from its registry into another", async () => {
    await using tmp = temporaryDirectory();
    await using elsewhere = await startDockerRegistry();
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store);
    const layer = tarOf(tmp.path, "base", randomBytes(200_000));
    const base = [{ name: "base", descriptor: await storeImage(store, [layer]) }];
    await publish({ ...setup.common, images: base, destination: `${registry.host}/far`, tags: rolling("1") });
    await using other = await Store.open(path.join(tmp.path, "other"));
    await using second = setUp(other);
    const pulled = await pullManifest(second.client, parseReference(`${registry.host}/far/base:1`), amd64);
    const [lazy] = pulled.manifest.value.layers;
    if (lazy === undefined) throw new Error("the base has no layer");
    await other.compressed.put(digestOf(layer), { descriptor: lazy, repositories: [pulled.repository] });
    const images = [
      {
        name: "app",
        descriptor: await composed(other, lazy, digestOf(layer), tarOf(tmp.path, "own", "own")),
      },
    ];
    const result = await publish({
      ...second.common,
      images,
      destination: `${elsewhere.host}/apps`,
      tags: rolling("1"),
    });
    expect(result.blobs).toMatchObject({ uploaded: 3, mounted: 0 });
    expect(await second.client.hasBlob(parseReference(`${elsewhere.host}/apps/app`), lazy.digest)).toBe(true);
  });

  it("says what it would do and does nothing in a dry run", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store);
    const images = [{ name: "web", descriptor: await storeImage(store, [tarOf(tmp.path, "file", "dry")]) }];
    const before = registry.accessLog().length;
    const options = { ...setup.common, images, destination: `${registry.host}/dry`, tags: rolling("1") };
    const dry = await publish({ ...options, dryRun: true });
    expect(registry.accessLog(before).filter(({ method }) => writes.includes(method))).toEqual([]);
    expect(dry.images[0]?.tags[0]).toMatchObject({ from: null, action: "create" });
    expect((await publish(options)).images[0]?.digest).toBe(dry.images[0]?.digest);
  });

  it.skipIf(!requires("skopeo"))("is read back equal by skopeo", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(path.join(tmp.path, "store"));
    await using setup = setUp(store);
    const layer = tarOf(tmp.path, "file", randomBytes(70_000));
    const images = [{ name: "web", descriptor: await storeImage(store, [layer]) }];
    const destination = `${registry.host}/skopeo`;
    const result = await publish({ ...setup.common, images, destination, tags: rolling("1") });
    const directory = path.join(tmp.path, "layout");
    skopeo("copy", "--src-tls-verify=false", `docker://${destination}/web:1`, `oci:${directory}:web`);
    const inspected = JSON.parse(skopeo("inspect", `oci:${directory}:web`)) as {
      Digest: string;
      Layers: string[];
    };
    expect(inspected.Digest).toBe(result.images[0]?.digest);
    const config = JSON.parse(skopeo("inspect", "--config", `oci:${directory}:web`)) as {
      rootfs: { diff_ids: string[] };
    };
    expect(config.rootfs.diff_ids).toEqual([digestOf(layer)]);
  });

  const setUpClient = () => {
    const { client } = setUp(undefined as never);
    return client;
  };
});

function skopeo(...args: readonly string[]): string {
  const result = spawnSync("skopeo", ["--insecure-policy", ...args], { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`skopeo ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

/** An image whose lowest layer is only in a registry, as a build on a lazy base leaves it. */
async function composed(
  store: Store,
  lazy: { readonly mediaType: string; readonly digest: `sha256:${string}`; readonly size: number },
  lazyDiffId: `sha256:${string}`,
  own: Uint8Array,
) {
  const plain = await storeImage(store, [own]);
  const manifest = JSON.parse(Buffer.from(await store.blobs.read(plain.digest)).toString("utf8")) as {
    config: { digest: `sha256:${string}` };
    layers: unknown[];
  };
  const config = JSON.parse(Buffer.from(await store.blobs.read(manifest.config.digest)).toString("utf8")) as {
    rootfs: { diff_ids: string[] };
  };
  config.rootfs.diff_ids.unshift(lazyDiffId);
  const configBytes = Buffer.from(JSON.stringify(config));
  const bytes = Buffer.from(
    JSON.stringify({
      ...manifest,
      config: { ...manifest.config, digest: await store.blobs.put(configBytes), size: configBytes.length },
      layers: [lazy, ...manifest.layers],
    }),
  );
  return { ...plain, digest: await store.blobs.put(bytes), size: bytes.length };
}
