import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { ActionRecord } from "../../../core/oci/store/contract.ts";
import { bootId, uniqueOwner } from "../../../core/oci/store/process-owner.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { digestOf, hexOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const key = "a".repeat(64);
const record: ActionRecord = {
  version: 1,
  layer: { diffId: digestOf("layer"), size: 5 },
  ms: 3,
  inputs: { a: "b" },
};

async function* streamOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
}

describe("Store.open", () => {
  it("makes an OCI image layout and opens it again", async () => {
    await using tmp = temporaryDirectory();
    for (let turn = 0; turn < 2; turn++) {
      await using store = await Store.open(path.join(tmp.path, "deep", "store"));
      expect(store.directory).toBe(path.join(tmp.path, "deep", "store"));
      expect(JSON.parse(fs.readFileSync(path.join(store.directory, "oci-layout"), "utf8"))).toEqual({
        imageLayoutVersion: "1.0.0",
      });
      expect(store.images.list()).toEqual([]);
    }
  });

  it("keeps the machine's other users from programs that lie as they are", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    for (const folder of ["snapshots", "mounts", "tmp"])
      expect(fs.statSync(path.join(store.directory, folder)).mode & 0o777, folder).toBe(0o700);
  });

  it("drops the half of a snapshot that a process was killed over", async () => {
    await using tmp = temporaryDirectory();
    const below = (...names: string[]): string => path.join(tmp.path, ...names);
    const dead = uniqueOwner().replace(/^\d+/, "4194304");
    const [half, other] = ["a", "b"].map((letter) => letter.repeat(64)) as [string, string];
    {
      await using _store = await Store.open(tmp.path);
      fs.mkdirSync(below("snapshots", half));
      // Nobody was killed: somebody else is just making it.
      await using _again = await Store.open(tmp.path);
      expect(fs.readdirSync(below("snapshots"))).toEqual([half]);
    }
    fs.writeFileSync(below("snapshots", `${other}.json`), JSON.stringify({ version: 1, boot: bootId() }));
    fs.writeFileSync(below("locks", "snapshots"), dead);
    await using store = await Store.open(tmp.path);
    expect(fs.readdirSync(below("snapshots"))).toEqual([]);
    expect(fs.existsSync(below("locks", "snapshots"))).toBe(false);
    expect(await store.verify()).toEqual([]);
  });

  it("refuses a directory that says it is something else", async () => {
    await using tmp = temporaryDirectory();
    fs.writeFileSync(path.join(tmp.path, "oci-layout"), '{"imageLayoutVersion":"9.0.0"}');
    await expect(Store.open(tmp.path)).rejects.toMatchObject({ code: "STORE_INVALID" });
  });

  it("refuses a place where nothing can be made, at once", async () => {
    await using tmp = temporaryDirectory();
    const file = path.join(tmp.path, "file");
    fs.writeFileSync(file, "");
    for (const directory of [
      file,
      path.join(file, "x"),
      "/proc/tsdock",
      path.join(tmp.path, "n".repeat(300)),
    ])
      await expect(Store.open(directory)).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  });

  it("completes a layout whose marker a power failure left empty", async () => {
    await using tmp = temporaryDirectory();
    fs.writeFileSync(path.join(tmp.path, "oci-layout"), "");
    await using store = await Store.open(tmp.path);
    expect(store.images.list()).toEqual([]);
    expect(fs.statSync(path.join(tmp.path, "oci-layout")).size).toBeGreaterThan(0);
  });

  it("leaves nothing in tmp and removes what a dead process left there", async () => {
    await using tmp = temporaryDirectory();
    await (await Store.open(tmp.path))[Symbol.asyncDispose]();
    fs.mkdirSync(path.join(tmp.path, "tmp", "4194304.1.00000000.1.aaaaaaaaaaaa", "tree"), {
      recursive: true,
    });
    {
      await using store = await Store.open(tmp.path);
      expect(fs.readdirSync(path.join(tmp.path, "tmp"))).toEqual([]);
      await store.blobs.put("x");
      expect(fs.readdirSync(path.join(tmp.path, "tmp"))).toHaveLength(1);
    }
    expect(fs.readdirSync(path.join(tmp.path, "tmp"))).toEqual([]);
  });
});

describe("blobs", () => {
  it("are no documents that are too large to be read again", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    await expect(store.blobs.put(Buffer.alloc(2 ** 24 + 1))).rejects.toThrow(/would have 16777217 bytes/);
  });

  it("keeps bytes by digest", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const digest = await store.blobs.put("hello");
    expect(digest).toBe(digestOf("hello"));
    expect(await store.blobs.put(Buffer.from("hello"))).toBe(digest);
    expect(store.blobs.has(digest)).toBe(true);
    expect(store.blobs.size(digest)).toBe(5);
    expect(Buffer.from(await store.blobs.read(digest)).toString()).toBe("hello");
    expect((await buffer(store.blobs.open(digest))).toString()).toBe("hello");
    expect((await buffer(store.blobs.open(digest, 3))).toString()).toBe("lo");
    expect(store.blobs.path(digest)).toBe(path.join(tmp.path, "blobs", "sha256", hexOf(digest)));
  });

  it("says what is missing and what is damaged", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const absent = digestOf("absent");
    expect(store.blobs.has(absent)).toBe(false);
    await expect(store.blobs.read(absent)).rejects.toMatchObject({ code: "BLOB_MISSING" });
    await expect(buffer(store.blobs.open(absent))).rejects.toMatchObject({ code: "BLOB_MISSING" });
    const digest = await store.blobs.put("hello");
    fs.writeFileSync(store.blobs.path(digest), "hallo");
    await expect(store.blobs.read(digest)).rejects.toMatchObject({ code: "BLOB_CORRUPT" });
    await expect(buffer(store.blobs.open(digest))).rejects.toMatchObject({ code: "BLOB_CORRUPT" });
    await expect(buffer(store.blobs.open(digest, 4))).rejects.toMatchObject({ code: "BLOB_CORRUPT" });
  });

  it("verifies a stream on its way in and keeps nothing of a wrong one", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const expected = { digest: digestOf("hello"), size: 5 };
    for (const wrong of [["hell"], ["hello", "!"], ["hallo"]]) {
      await expect(store.blobs.putStream(streamOf(...wrong), expected)).rejects.toMatchObject({
        code: "BLOB_MISMATCH",
      });
    }
    expect(fs.readdirSync(path.join(tmp.path, "blobs", "sha256"))).toEqual([]);
    expect(await store.blobs.putStream(streamOf("hel", "lo"), expected)).toEqual(expected);
    expect(await store.blobs.putStream(streamOf("hel", "lo"))).toEqual(expected);
  });

  it("keeps nothing of a stream that fails or is aborted", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from("a"));
      throw new Error("reset");
    }
    await expect(store.blobs.putStream(failing())).rejects.toThrow("reset");
    const aborted = AbortSignal.abort(new Error("stop"));
    await expect(store.blobs.putStream(streamOf("a"), undefined, aborted)).rejects.toThrow("stop");
    expect(fs.readdirSync(path.join(tmp.path, "blobs", "sha256"))).toEqual([]);
  });

  it("takes a file that others wrote", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    let kept: string;
    {
      await using dropped = await store.blobs.pending();
      fs.writeFileSync(dropped.path, "dropped");
      kept = dropped.path;
    }
    expect(fs.existsSync(kept)).toBe(false);
    await using pending = await store.blobs.pending();
    fs.writeFileSync(pending.path, "layer");
    await expect(pending.commit(digestOf("layer"), 4)).rejects.toMatchObject({ code: "BLOB_MISMATCH" });
    await pending.commit(digestOf("layer"), 5);
    expect(store.blobs.size(digestOf("layer"))).toBe(5);
  });

  it("replaces a blob of the wrong size, as a power failure may leave it", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    fs.writeFileSync(store.blobs.path(digestOf("layer")), "");
    await using pending = await store.blobs.pending();
    fs.writeFileSync(pending.path, "layer");
    await pending.commit(digestOf("layer"), 5);
    expect(Buffer.from(await store.blobs.read(digestOf("layer"))).toString()).toBe("layer");
  });
});

describe("actions", () => {
  it("gives back what was put, and nothing for what is damaged", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    expect(store.actions.get(key)).toBeUndefined();
    await store.actions.put(key, record);
    expect(store.actions.get(key)).toEqual(record);
    const long = { ...record, value: { text: "é".repeat(100_000) } };
    await store.actions.put(key, long);
    expect(store.actions.get(key)).toEqual(long);
    const file = path.join(tmp.path, "actions", "aa", `${key}.json`);
    for (const damaged of [
      "",
      "{",
      "null",
      '{"version":2,"layer":null,"ms":1}',
      '{"version":1,"layer":{},"ms":1}',
    ]) {
      fs.writeFileSync(file, damaged);
      expect(store.actions.get(key), damaged).toBeUndefined();
    }
  });
});

describe("images", () => {
  const descriptor = (content: string) => ({
    mediaType: mediaTypes.manifest,
    digest: digestOf(content),
    size: content.length,
  });

  it("moves names and keeps what lost its name", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    await store.blobs.put("one");
    await store.blobs.put("two");
    await store.images.set([
      { name: "web:latest", descriptor: descriptor("one") },
      { name: "api:latest", descriptor: descriptor("one") },
    ]);
    expect(store.images.resolve("web:latest")?.descriptor).toEqual(descriptor("one"));
    await store.images.set([{ name: "web:latest", descriptor: descriptor("two") }]);
    expect(store.images.list().map((image) => [image.name, image.descriptor.digest])).toEqual([
      ["api:latest", digestOf("one")],
      ["web:latest", digestOf("two")],
    ]);
    await store.images.set([{ name: "api:latest", descriptor: descriptor("two") }]);
    expect(store.images.list().at(-1)).toEqual({ name: undefined, descriptor: descriptor("one") });
    await store.images.set([{ name: "old:1", descriptor: descriptor("one") }]);
    expect(store.images.list().filter((image) => image.name === undefined)).toEqual([]);
  });

  it("removes names, and nameless images by digest", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    await store.blobs.put("one");
    await store.blobs.put("two");
    await store.images.set([{ name: "web:latest", descriptor: descriptor("one") }]);
    await store.images.set([{ name: "web:latest", descriptor: descriptor("two") }]);
    expect(await store.images.remove(["web:latest", "web:none", digestOf("one")])).toEqual([
      "web:latest",
      digestOf("one"),
    ]);
    expect(store.images.list()).toEqual([]);
  });

  it("names nothing when one of the manifests is not there", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    await store.blobs.put("one");
    const entries = [
      { name: "web:latest", descriptor: descriptor("one") },
      { name: "api:latest", descriptor: descriptor("absent") },
    ];
    await expect(store.images.set(entries)).rejects.toMatchObject({ code: "BLOB_MISSING" });
    expect(store.images.list()).toEqual([]);
  });

  it("sees what another process wrote, and writes nothing for what is so already", async () => {
    await using tmp = temporaryDirectory();
    await using one = await Store.open(tmp.path);
    await using two = await Store.open(tmp.path);
    await one.blobs.put("one");
    await one.images.set([{ name: "web:latest", descriptor: descriptor("one") }]);
    expect(two.images.resolve("web:latest")).toBeDefined();
    const before = fs.statSync(path.join(tmp.path, "index.json")).ino;
    await two.images.set([{ name: "web:latest", descriptor: descriptor("one") }]);
    expect(fs.statSync(path.join(tmp.path, "index.json")).ino).toBe(before);
  });

  it("refuses an index that is none", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    for (const text of [
      "",
      "[]",
      '{"schemaVersion":2,"manifests":[{}]}',
      '{"schemaVersion":1,"manifests":[]}',
    ]) {
      fs.writeFileSync(path.join(tmp.path, "index.json"), text);
      expect(() => store.images.list(), text).toThrow(expect.objectContaining({ code: "LAYOUT_INVALID" }));
    }
  });
});

describe("snapshots", () => {
  it("are there once committed, and not after a restart of the machine", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const diffId = digestOf("layer");
    expect(store.snapshots.path(diffId)).toBeUndefined();
    for (const content of ["first", "second", "third"]) {
      await using pending = await store.snapshots.pending();
      fs.mkdirSync(pending.path);
      fs.writeFileSync(path.join(pending.path, "file"), content);
      const tree = await pending.commit(diffId);
      expect(store.snapshots.path(diffId)).toBe(tree);
      const through = path.join(store.directory, store.snapshots.link(diffId) ?? "absent", "file");
      expect(fs.readFileSync(through, "utf8")).toBe(content === "third" ? "third" : "first");
      if (content === "second") fs.writeFileSync(`${tree}.json`, '{"version":1,"boot":"ffffffff"}');
    }
    expect(fs.readdirSync(path.join(tmp.path, "snapshots"))).toHaveLength(2);
  });
});

describe("compressed layers", () => {
  it("add up per digest", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const diffId = digestOf("layer");
    const descriptor = { mediaType: mediaTypes.layerGzip, digest: digestOf("gz"), size: 2 };
    expect(store.compressed.get(diffId)).toEqual([]);
    await store.compressed.put(diffId, { descriptor, compressor: "zlib 1.3 level 6", repositories: [] });
    await Promise.all(
      ["a", "b", "c"].map((name) =>
        store.compressed.put(diffId, { descriptor, repositories: [`registry.example/${name}`] }),
      ),
    );
    const [layer, ...others] = store.compressed.get(diffId);
    expect(others).toEqual([]);
    expect(layer).toMatchObject({ descriptor, compressor: "zlib 1.3 level 6" });
    expect([...(layer?.repositories ?? [])].sort()).toEqual(
      ["a", "b", "c"].map((name) => `registry.example/${name}`),
    );
  });
});

describe("smaller things", () => {
  it("keeps downloads, states and records", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const sha256 = createHash("sha256").update("deb").digest("hex");
    {
      await using pending = store.downloads.pending();
      fs.writeFileSync(pending.path, "deb");
      await pending.commit(sha256, 3);
    }
    expect(store.downloads.has(sha256)).toBe(true);
    expect(fs.readFileSync(store.downloads.path(sha256), "utf8")).toBe("deb");

    expect(store.contexts.get("/a context")).toBeUndefined();
    store.contexts.put("/a context", Buffer.from([1, 2, 3]));
    expect([...(store.contexts.get("/a context") ?? [])]).toEqual([1, 2, 3]);

    const first = await store.records.put({ n: 1 });
    const second = await store.records.put({ n: 2 });
    expect([...store.records.list()].sort()).toEqual([first, second].sort());
    expect(store.records.get(second)).toEqual({ n: 2 });
    expect(store.records.get("20200101T000000000Z-00000000")).toBeUndefined();
  });

  it("gives a cache mount anew until somebody has said that it is filled", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    const first = await store.mounts.open("npm", "shared");
    const waiting = store.mounts.open("npm", "shared");
    await expect(store.mounts.open("npm", "shared", AbortSignal.timeout(20))).rejects.toThrow();
    // As a process that is killed while it fills the mount leaves it.
    await first[Symbol.asyncDispose]();
    const second = await waiting;
    expect([second.path, second.created]).toEqual([first.path, true]);
    await second.ready();
    await using third = await store.mounts.open("npm", "shared");
    expect(third.created).toBe(false);
    await second[Symbol.asyncDispose]();
  });

  it("gives cache mounts by sharing", async () => {
    await using tmp = temporaryDirectory();
    await using store = await Store.open(tmp.path);
    await using shared = await store.mounts.open("/root/.npm", "shared");
    expect(shared.created).toBe(true);
    await shared.ready();
    await using again = await store.mounts.open("/root/.npm", "shared");
    expect([again.path, again.created]).toEqual([shared.path, false]);
    await using one = await store.mounts.open("private", "private");
    const two = await store.mounts.open("private", "private");
    await two.ready();
    expect(two.path).not.toBe(one.path);
    await two[Symbol.asyncDispose]();
    await using three = await store.mounts.open("private", "private");
    expect([three.path, three.created]).toEqual([two.path, false]);

    const order: string[] = [];
    const locked = await store.mounts.open("apt", "locked");
    await locked.ready();
    const waiting = store.mounts.open("apt", "locked").then(async (mount) => {
      order.push("second");
      await mount[Symbol.asyncDispose]();
    });
    await expect(store.mounts.open("apt", "locked", AbortSignal.timeout(20))).rejects.toThrow();
    order.push("first");
    await locked[Symbol.asyncDispose]();
    await waiting;
    expect(order).toEqual(["first", "second"]);
    expect(
      fs.readdirSync(path.join(tmp.path, "locks")).filter((name) => name.startsWith("mount-")),
    ).toHaveLength(2);
  });
});
