import { randomBytes } from "node:crypto";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Descriptor } from "../../../core/oci/spec/descriptor.ts";
import { parseReference } from "../../../core/oci/spec/reference.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { publish } from "../../../core/publish/publish.ts";
import { type DockerRegistry, startDockerRegistry } from "../../support/docker-registry.ts";
import { type ProxiedRequest, startFaultProxy } from "../../support/fault-proxy.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { collect } from "../registry/image-fixture.ts";
import { rolling, setUp, storeImage, tarOf } from "./stored-fixture.ts";

const mebibyte = 1024 * 1024;
/** Pieces are small here: what is larger is sent while it is compressed. */
const options = { chunkBytes: mebibyte };

describe.skipIf(!requires("docker-registry"))("layers that were never compressed", () => {
  const tmp = temporaryDirectory();
  const large = tarOf(tmp.path, "large", randomBytes(24 * mebibyte));
  const middle = tarOf(tmp.path, "middle", randomBytes(6 * mebibyte));
  const small = tarOf(tmp.path, "small", "small");
  let registry: DockerRegistry;
  let stores = 0;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await tmp[Symbol.asyncDispose]();
  });
  const openStore = (): Promise<Store> => Store.open(path.join(tmp.path, `store${stores++}`));

  const isUpload = ({ target }: ProxiedRequest): boolean => target.includes("/blobs/uploads/");

  it("are sent while they are compressed, and read back as they were", async () => {
    await using store = await openStore();
    await using proxy = await startFaultProxy(registry.host);
    await using setup = setUp(store, options);
    const isCompressed = (): boolean =>
      setup.events.some(
        (event) => event.type === "transfer" && event.kind === "compress" && event.state === "done",
      );
    let early = 0;
    proxy.inject((request) => {
      if (request.method === "PATCH" && !isCompressed()) early += 1;
      return undefined;
    });
    const images = [{ name: "web", descriptor: await storeImage(store, [large, small]) }];
    const destination = `${proxy.host}/early`;
    const result = await publish({ ...setup.common, images, destination, tags: rolling("1") });
    expect(early).toBeGreaterThan(0);
    expect(result.blobs).toMatchObject({ uploaded: 3, mounted: 0, existing: 0 });
    expect(result.blobs.bytes).toBeGreaterThan(large.length);
    // Every upload was ended by its name: nothing was sent twice.
    expect(proxy.requests.filter((request) => isUpload(request) && request.method === "PUT")).toHaveLength(3);

    const name = parseReference(`${registry.host}/early/web:1`);
    const manifest = await setup.client.manifest(name);
    const { layers } = JSON.parse(Buffer.from(manifest.bytes).toString()) as {
      layers: readonly Descriptor[];
    };
    expect(manifest.descriptor.digest).toBe(result.images[0]?.digest);
    for (const layer of layers) {
      const bytes = await collect(setup.client.openBlob(name, layer));
      expect(bytes.length).toBe(layer.size);
      expect(store.blobs.has(layer.digest)).toBe(true);
    }
  });

  it("are not sent to their end where the registry has them, and mounted where another repository has", async () => {
    await using first = await openStore();
    await using before = setUp(first, options);
    const destination = `${registry.host}/known`;
    const both = async (store: Store) => [
      { name: "web", descriptor: await storeImage(store, [large, small]) },
      { name: "other", descriptor: await storeImage(store, [large]) },
    ];
    const there = await publish({
      ...before.common,
      images: await both(first),
      destination,
      tags: rolling("1"),
    });
    expect(there.blobs).toMatchObject({ uploaded: 4, mounted: 1 });

    // A machine that knows nothing of it.
    await using second = await openStore();
    await using setup = setUp(second, options);
    const from = registry.accessLog().length;
    const extra = tarOf(tmp.path, "extra", "extra");
    const images = [{ name: "web", descriptor: await storeImage(second, [large, extra]) }];
    const result = await publish({ ...setup.common, images, destination, tags: rolling("1") });
    expect(result.blobs).toMatchObject({ uploaded: 2, existing: 1 });
    const log = registry.accessLog(from);
    expect(log.filter(({ method, target }) => method === "PUT" && target.includes("/blobs/"))).toHaveLength(
      2,
    );
  });

  it("are completed where a piece is lost, its answer is, or the upload is forgotten", async () => {
    const spoils = [
      { type: "reset" },
      { type: "lose-answer" },
      { type: "cut-upload", after: 100_000 },
      { type: "answer", status: 500 },
      { type: "answer", status: 404 },
      // Takes no pieces.
      { type: "answer", status: 405 },
    ] as const;
    for (const [index, fault] of spoils.entries()) {
      for (const hit of [0, 3]) {
        // Some registries refuse the first piece; none of them another.
        if (fault.type === "answer" && fault.status === 405 && hit > 0) continue;
        await using store = await openStore();
        await using proxy = await startFaultProxy(registry.host);
        await using setup = setUp(store, options);
        let pieces = 0;
        proxy.inject(({ method }) => (method === "PATCH" && pieces++ === hit ? fault : undefined));
        const images = [{ name: "web", descriptor: await storeImage(store, [middle]) }];
        const destination = `${proxy.host}/lost${index}-${hit}`;
        const result = await publish({ ...setup.common, images, destination, tags: rolling("1") });
        expect(pieces).toBeGreaterThan(hit);
        expect(result.blobs, JSON.stringify(fault)).toMatchObject({ uploaded: 2, existing: 0 });
        const name = parseReference(`${proxy.host}/lost${index}-${hit}/web:1`);
        expect((await setup.client.resolve(name)).digest).toBe(result.images[0]?.digest);
      }
    }
  });

  it("leave every tag where it was where they cannot be sent", async () => {
    await using store = await openStore();
    await using proxy = await startFaultProxy(registry.host);
    await using setup = setUp(store, { ...options, retry: { failures: 1, baseMs: 1 } });
    proxy.inject(({ method }) => (method === "PATCH" ? { type: "answer", status: 403 } : undefined));
    const images = [{ name: "web", descriptor: await storeImage(store, [middle, small]) }];
    const all = { ...setup.common, images, destination: `${proxy.host}/denied`, tags: rolling("1") };
    // Refused pieces are sent whole: only that is refused for good.
    expect((await publish(all)).blobs.uploaded).toBe(3);
    await using other = await openStore();
    const again = [{ name: "web", descriptor: await storeImage(other, [middle, small]) }];
    proxy.inject((request) =>
      isUpload(request) && request.method !== "POST" && request.method !== "DELETE"
        ? { type: "answer", status: 500 }
        : undefined,
    );
    await using failing = setUp(other, { ...options, retry: { failures: 1, baseMs: 1 } });
    const refused = {
      ...failing.common,
      images: again,
      destination: `${proxy.host}/refused`,
      tags: rolling("1"),
    };
    await expect(publish(refused)).rejects.toMatchObject({ code: "REGISTRY_FAILED" });
    expect(await setup.client.tags(parseReference(`${registry.host}/refused/web`))).toEqual([]);
  });
});
