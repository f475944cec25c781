import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Digest, digestOf, hexOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const hour = 3_600_000;

/** An image of one layer, with a snapshot and the action that made it. */
async function addImage(
  store: Store,
  name: string,
): Promise<{ layer: Digest; manifest: Digest; key: string }> {
  const content = `content of ${name} `.repeat(1000);
  const layer = await store.blobs.put(content);
  const config = JSON.stringify({
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [layer] },
  });
  const text = JSON.stringify({
    schemaVersion: 2,
    config: { mediaType: mediaTypes.config, digest: await store.blobs.put(config), size: config.length },
    layers: [{ mediaType: mediaTypes.layerTar, digest: layer, size: content.length }],
  });
  const manifest = await store.blobs.put(text);
  const key = hexOf(digestOf(name));
  await store.actions.put(key, { version: 1, layer: { diffId: layer, size: content.length }, ms: 1 });
  await using pending = await store.snapshots.pending();
  fs.mkdirSync(pending.path);
  fs.writeFileSync(path.join(pending.path, "file"), content);
  await pending.commit(layer);
  await store.images.set([
    { name, descriptor: { mediaType: mediaTypes.manifest, digest: manifest, size: text.length } },
  ]);
  return { layer, manifest, key };
}

/** As if everything had been used `hours` ago last. */
function age(directory: string, hours: number): void {
  const time = (Date.now() - hours * hour) / 1000;
  for (const entry of fs.readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) fs.utimesSync(path.join(entry.parentPath, entry.name), time, time);
  }
}

describe("prune", () => {
  it("without options removes only what nothing refers to", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const web = await addImage(store, "web:latest");
    const old = await addImage(store, "old:latest");
    await store.images.set([
      { name: "old:latest", descriptor: { mediaType: mediaTypes.manifest, digest: web.manifest, size: 1 } },
    ]);
    const stray = await store.blobs.put("stray");
    const report = await store.prune();
    expect(report.images).toEqual([old.manifest]);
    expect(store.blobs.has(stray)).toBe(false);
    expect(store.blobs.has(old.manifest)).toBe(false);
    expect(store.blobs.has(old.layer)).toBe(true);
    expect(store.actions.get(old.key)).toBeDefined();
    expect(store.snapshots.path(web.layer)).toBeDefined();
    expect(await store.verify()).toEqual([]);
  });

  it("with all leaves named images whole", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const web = await addImage(store, "web:latest");
    const gone = await addImage(store, "gone:latest");
    await using mount = await store.mounts.open("npm", "shared");
    fs.writeFileSync(path.join(mount.path, "cached"), "x".repeat(10_000));
    store.contexts.put("context", Buffer.from("state"));
    await store.images.remove(["gone:latest"]);
    const before = await store.usage();
    const report = await store.prune({ all: true });
    expect(report.freed).toBe(before.reclaimable);
    expect(store.blobs.has(gone.layer)).toBe(false);
    expect(store.actions.get(web.key)).toBeUndefined();
    expect(store.snapshots.path(web.layer)).toBeUndefined();
    expect(store.contexts.get("context")).toBeUndefined();
    expect(fs.existsSync(mount.path)).toBe(false);
    expect(fs.readdirSync(path.join(tmp.path, "l"))).toEqual([]);
    expect((await store.usage()).reclaimable).toBe(0);
    expect(await store.verify()).toEqual([]);
    expect(store.images.resolve("web:latest")?.descriptor.digest).toBe(web.manifest);
  });

  it("keeps what was used last within the storage that may stay", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const digests: Digest[] = [];
    for (let number = 0; number < 10; number++)
      digests.push(await store.blobs.put(`${number}`.repeat(40_960)));
    digests.forEach((digest, number) => {
      const time = Date.now() / 1000 - (20 - number) * 3600;
      fs.utimesSync(store.blobs.path(digest), time, time);
    });
    // A hit makes the oldest the newest.
    const [first, second] = digests;
    expect(store.blobs.has(first ?? "sha256:")).toBe(true);
    const total = (await store.usage()).bytes;
    const wish = await store.prune({ keepStorage: total - 3 * 40_960, dryRun: true });
    expect(wish.removed.map((item) => item.id)).toEqual(digests.slice(1, 4).map(hexOf));
    const report = await store.prune({ keepStorage: total - 3 * 40_960 });
    expect(report.removed.map((item) => item.id)).toEqual(digests.slice(1, 4).map(hexOf));
    expect(report.kept).toBe(total - report.freed);
    expect(store.blobs.has(second ?? "sha256:")).toBe(false);
    expect(store.blobs.has(first ?? "sha256:")).toBe(true);
  });

  it("removes by age and kind", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const { key, layer } = await addImage(store, "web:latest");
    age(tmp.path, 50);
    expect((await store.prune({ olderThan: 60 * hour })).removed).toEqual([]);
    expect((await store.prune({ olderThan: 40 * hour, kinds: ["action"] })).removed).toHaveLength(1);
    expect(store.actions.get(key)).toBeUndefined();
    expect(store.snapshots.path(layer)).toBeDefined();
  });

  it("leaves alone what a process with a lease uses", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const used = await store.blobs.put("used");
    const unused = await store.blobs.put("unused");
    const { key, layer } = await addImage(store, "web:latest");
    await store.images.remove(["web:latest"]);
    age(tmp.path, 50);
    {
      await using builder = await Store.open(tmp.path);
      await using _lease = await builder.lease();
      expect(builder.blobs.has(used)).toBe(true);
      expect(builder.actions.get(key)).toBeDefined();
      const tree = builder.snapshots.path(layer) ?? "";
      await store.prune({ all: true });
      expect(builder.blobs.has(used)).toBe(true);
      expect(builder.blobs.has(unused)).toBe(false);
      expect(fs.existsSync(tree)).toBe(true);
      expect(builder.actions.get(key)).toBeDefined();
    }
    await store.prune({ all: true });
    expect(store.blobs.has(used)).toBe(false);
    expect(store.snapshots.path(layer)).toBeUndefined();
  });

  it("does not heed the lease of a dead process", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const blob = await store.blobs.put("blob");
    fs.writeFileSync(
      path.join(tmp.path, "leases", `${Date.now() - hour}-4194304.1.00000000.1.aaaaaaaaaaaa`),
      "",
    );
    await store.prune({ all: true });
    expect(store.blobs.has(blob)).toBe(false);
  });
});

describe("verify", () => {
  const kindsOf = (problems: readonly { readonly kind: string }[]): readonly string[] =>
    problems.map(({ kind }) => kind).sort();

  it("finds and repairs every kind of damage", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const web = await addImage(store, "web:latest");
    await addImage(store, "api:latest");
    const bad = await addImage(store, "bad:latest");
    expect(await store.verify()).toEqual([]);

    fs.writeFileSync(store.blobs.path(web.layer), "damaged");
    fs.rmSync(store.blobs.path(bad.manifest));
    fs.writeFileSync(path.join(tmp.path, "actions", web.key.slice(0, 2), `${web.key}.json`), "{");
    fs.rmSync(path.join(tmp.path, "snapshots", `${hexOf(web.layer)}.json`));
    fs.rmSync(path.join(tmp.path, "l", hexOf(bad.layer).slice(0, 16)));
    fs.symlinkSync("../snapshots/nothing", path.join(tmp.path, "l", "0123456789abcdef"));
    fs.mkdirSync(path.join(tmp.path, "tmp", "4194304.1.00000000.1.aaaaaaaaaaaa"));
    const expected = [
      "content-damaged",
      "image-incomplete",
      "leftover",
      "link-dangling",
      "link-dangling",
      "record-damaged",
      "snapshot-unrecorded",
    ];
    expect(kindsOf(await store.verify())).toEqual(expected);
    const repaired = await store.verify({ repair: true });
    // Once the damaged layer is gone, its image is not complete either.
    expect(kindsOf(repaired)).toEqual([...expected, "image-incomplete"].sort());
    expect(repaired.every((problem) => problem.repaired)).toBe(true);
    expect(await store.verify()).toEqual([]);
    expect(store.images.list().map((image) => image.name)).toEqual(["api:latest"]);
  });

  it("does not miss layers that a registry is known to have", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const { layer } = await addImage(store, "web:latest");
    fs.rmSync(store.blobs.path(layer));
    expect(kindsOf(await store.verify())).toEqual(["image-incomplete"]);
    const descriptor = { mediaType: mediaTypes.layerGzip, digest: digestOf("gz"), size: 2 };
    await store.compressed.put(layer, { descriptor, repositories: [] });
    expect(kindsOf(await store.verify())).toEqual(["image-incomplete"]);
    await store.compressed.put(layer, { descriptor, repositories: ["registry.example/base"] });
    expect(await store.verify()).toEqual([]);
  });

  it("replaces an index that cannot be read", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    fs.writeFileSync(path.join(tmp.path, "index.json"), "{");
    expect(kindsOf(await store.verify({ repair: true }))).toEqual(["index-damaged"]);
    expect(await store.verify()).toEqual([]);
  });
});
