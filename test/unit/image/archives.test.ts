import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isTsdockError } from "../../../core/errors/tsdock-error.ts";
import { readArchive } from "../../../core/oci/image/archive-reader.ts";
import { copyImages } from "../../../core/oci/image/copy-image.ts";
import { dockerArchive } from "../../../core/oci/image/docker-archive.ts";
import { readImage } from "../../../core/oci/image/image-view.ts";
import { LayoutReader } from "../../../core/oci/image/layout-reader.ts";
import { blobPath, layoutArchive, textMember, writeLayout } from "../../../core/oci/image/layout-writer.ts";
import { type ArchiveMember, readTar, writeTar } from "../../../core/oci/image/tar-stream.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { addSampleImage, sampleFile } from "../../support/sample-image.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const platform = { os: "linux", architecture: "amd64" };

async function whole(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** In chunks of a size that fits no block. */
async function* pieces(bytes: Uint8Array, size = 333): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size)
    yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function twoStores() {
  const tmp = temporaryDirectory();
  const one = await Store.open(path.join(tmp.path, "one"));
  const two = await Store.open(path.join(tmp.path, "two"));
  const image = await addSampleImage(one.blobs, [
    [sampleFile("a", "a".repeat(5000))],
    [sampleFile("b", "b")],
  ]);
  const view = await readImage(one.blobs, image.descriptor, platform);
  const dispose = async (): Promise<void> => {
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    await tmp[Symbol.asyncDispose]();
  };
  return { tmp: tmp.path, one, two, image, view, [Symbol.asyncDispose]: dispose };
}

describe("tar streams", () => {
  it("give back what was written, however it arrives", async () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 200 })
      .filter((text) => /^[^\0/.][^\0]*[^\0/]$/u.test(text) && !text.includes("//"));
    const member = fc.record({ name, text: fc.string({ maxLength: 2000 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { maxLength: 5 }),
        fc.integer({ min: 1, max: 3000 }),
        async (members, size) => {
          const bytes = await whole(writeTar(members.map((item) => textMember(item.name, item.text))));
          const read: { name: string; text: string }[] = [];
          for await (const item of readTar(pieces(bytes, size))) {
            read.push({ name: item.path, text: (await whole(item.content)).toString() });
          }
          expect(read).toEqual(members.map((item) => ({ ...item, text: Buffer.from(item.text).toString() })));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("let content be left unread or half read", async () => {
    const members = ["a", "b", "c"].map((name) => textMember(name, name.repeat(2000)));
    const bytes = await whole(writeTar(members));
    const seen: string[] = [];
    for await (const member of readTar(pieces(bytes))) {
      seen.push(member.path);
      if (member.path === "b") for await (const _ of member.content) break;
    }
    expect(seen).toEqual(["a", "b", "c"]);
  });

  it("refuse content that is not as long as announced", async () => {
    const wrong: ArchiveMember = {
      path: "a",
      type: "file",
      size: 3,
      open: () => pieces(Buffer.from("four")),
    };
    await expect(whole(writeTar([wrong]))).rejects.toMatchObject({ code: "ARCHIVE_INVALID" });
  });
});

describe("docker archives", () => {
  it("come back with the same digests, plain and compressed, and are the same bytes twice", async () => {
    await using stores = await twoStores();
    const { one, two, image, view } = stores;
    const archive = () =>
      whole(dockerArchive([{ names: ["web:1", "registry.example/web:2"], image: view }], one.blobs));
    const bytes = await archive();
    expect(await archive()).toEqual(bytes);
    for (const form of [bytes, gzipSync(bytes)]) {
      expect(await readArchive(pieces(form), two.blobs)).toEqual([
        { names: ["web:1", "registry.example/web:2"], descriptor: image.descriptor },
      ]);
      expect((await readImage(two.blobs, image.descriptor, platform)).config).toEqual(image.config);
      await two.prune({ all: true });
    }
  });

  it("of old engines get a manifest, with links and compressed layers followed", async () => {
    await using stores = await twoStores();
    const { one, two, image } = stores;
    const [first, second] = image.diffIds.map((diffId) => fs.readFileSync(one.blobs.path(diffId)));
    const member = (name: string, bytes: Uint8Array | undefined): ArchiveMember => {
      const content = bytes ?? new Uint8Array(0);
      return { path: name, type: "file", size: content.byteLength, open: () => pieces(content) };
    };
    const zipped = gzipSync(second ?? "");
    const bytes = await whole(
      writeTar([
        member("aa/layer.tar", first),
        member("bb/layer.tar", zipped),
        member("config.json", fs.readFileSync(one.blobs.path(image.imageId))),
        textMember(
          "manifest.json",
          JSON.stringify([
            { Config: "config.json", RepoTags: null, Layers: ["aa/layer.tar", "./bb/layer.tar"] },
          ]),
        ),
      ]),
    );
    const [loaded] = await readArchive(pieces(bytes), two.blobs);
    expect(loaded?.names).toEqual([]);
    const view = await readImage(two.blobs, loaded?.descriptor ?? image.descriptor, platform);
    expect(view.manifest.config.digest).toBe(image.imageId);
    expect(view.manifest.layers).toEqual([
      { mediaType: mediaTypes.layerTar, digest: image.diffIds[0], size: first?.byteLength },
      {
        mediaType: mediaTypes.layerGzip,
        digest: `sha256:${createHash("sha256").update(zipped).digest("hex")}`,
        size: zipped.byteLength,
      },
    ]);
  });

  it("that are cut or changed anywhere are refused with a typed error", async () => {
    await using stores = await twoStores();
    const { one, two, view } = stores;
    const bytes = await whole(dockerArchive([{ names: ["web:1"], image: view }], one.blobs));
    const codes = new Set<string>();
    for (let at = 0; at < bytes.byteLength - 1024; at += 997) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      for (const form of [bytes.subarray(0, at), changed]) {
        try {
          await readArchive(pieces(form, 8192), two.blobs);
        } catch (error) {
          if (!isTsdockError(error)) throw error;
          codes.add(error.code);
        }
      }
    }
    expect([...codes].sort()).toEqual(expect.arrayContaining(["ARCHIVE_INVALID", "BLOB_MISMATCH"]));
    expect(await two.verify()).toEqual([]);
  });

  it("refuse a layer that is not the one of the configuration", async () => {
    await using stores = await twoStores();
    const { one, two, image } = stores;
    const layers = ["0.tar", "1.tar"];
    const bytes = await whole(
      writeTar([
        ...layers.map((name) => textMember(name, "not the layer")),
        textMember("config.json", fs.readFileSync(one.blobs.path(image.imageId), "utf8")),
        textMember(
          "manifest.json",
          JSON.stringify([{ Config: "config.json", RepoTags: [], Layers: layers }]),
        ),
      ]),
    );
    await expect(readArchive(pieces(bytes), two.blobs)).rejects.toMatchObject({ code: "ARCHIVE_INVALID" });
  });

  it("refuse what is no archive of images", async () => {
    await using stores = await twoStores();
    const empty = await whole(writeTar([textMember("readme", "nothing")]));
    for (const bytes of [empty, Buffer.from("text"), Buffer.alloc(0), gzipSync("text")]) {
      await expect(readArchive(pieces(bytes), stores.two.blobs)).rejects.toMatchObject({
        code: "ARCHIVE_INVALID",
      });
    }
  });
});

describe("OCI layouts", () => {
  it("as archives come back with the same digests and names", async () => {
    await using stores = await twoStores();
    const { one, two, image } = stores;
    const bytes = await whole(layoutArchive([{ name: "web:1", descriptor: image.descriptor }], one.blobs));
    expect(await readArchive(pieces(bytes), two.blobs)).toEqual([
      { names: ["web:1"], descriptor: image.descriptor },
    ]);
  });

  it("of which one platform was saved are that platform", async () => {
    await using stores = await twoStores();
    const { one, two, image } = stores;
    const manifests = [image.descriptor, { ...image.descriptor, digest: digestOf("not saved") }];
    const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
    const digest = await one.blobs.put(JSON.stringify(index));
    const content = [digest, image.descriptor.digest, image.imageId, ...image.diffIds];
    const entry = { mediaType: mediaTypes.index, digest, size: one.blobs.size(digest) };
    const bytes = await whole(
      writeTar([
        ...content.map((item): ArchiveMember => {
          return {
            path: blobPath(item),
            type: "file",
            size: one.blobs.size(item) ?? 0,
            open: () => one.blobs.open(item),
          };
        }),
        textMember("index.json", JSON.stringify({ schemaVersion: 2, manifests: [entry] })),
        textMember("oci-layout", '{"imageLayoutVersion":"1.0.0"}'),
      ]),
    );
    expect(await readArchive(pieces(bytes), two.blobs)).toEqual([
      { names: [], descriptor: image.descriptor },
    ]);
  });

  it("take more images, move names and leave nothing else behind", async () => {
    await using stores = await twoStores();
    const { one, two, image, tmp } = stores;
    const directory = path.join(tmp, "layout");
    const other = await addSampleImage(one.blobs, [[sampleFile("c", "c")]]);
    await writeLayout(directory, [{ name: "web:1", descriptor: image.descriptor }], one.blobs);
    await Promise.all([
      writeLayout(directory, [{ name: "web:1", descriptor: other.descriptor }], one.blobs),
      writeLayout(directory, [{ name: "api:1", descriptor: image.descriptor }], one.blobs),
    ]);
    expect(fs.readdirSync(directory).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
    const layout = LayoutReader.open(directory);
    expect(layout.images).toEqual([
      { name: "api:1", descriptor: image.descriptor },
      { name: "web:1", descriptor: other.descriptor },
    ]);
    await copyImages([layout.find("api:1")], layout, two.blobs);
    expect((await readImage(two.blobs, image.descriptor, platform)).config).toEqual(image.config);
    expect(() => layout.find("web:9")).toThrow(
      expect.objectContaining({ code: "IMAGE_NOT_FOUND", hint: "it has api:1, web:1" }),
    );
    expect(() => layout.find(undefined)).toThrow(expect.objectContaining({ code: "IMAGE_NOT_FOUND" }));
  });

  it("that lie are found out", async () => {
    await using stores = await twoStores();
    const { one, two, image, tmp } = stores;
    const directory = path.join(tmp, "layout");
    await writeLayout(directory, [{ name: "web:1", descriptor: image.descriptor }], one.blobs);
    const copy = async () => {
      const layout = LayoutReader.open(directory);
      await copyImages([layout.find("web:1")], layout, two.blobs);
    };
    const file = path.join(directory, blobPath(image.diffIds[0] ?? digestOf("")));
    const sound = fs.readFileSync(file);
    for (const [content, code] of [
      [sound.subarray(0, 100), "BLOB_CORRUPT"],
      [Buffer.concat([sound, Buffer.from("x")]), "BLOB_MISMATCH"],
      [Buffer.alloc(sound.byteLength), "BLOB_CORRUPT"],
    ] as const) {
      fs.writeFileSync(file, content);
      await expect(copy(), code).rejects.toMatchObject({ code });
    }
    fs.rmSync(file);
    await expect(copy()).rejects.toMatchObject({ code: "BLOB_MISSING" });
    fs.writeFileSync(file, sound);
    const manifest = path.join(directory, blobPath(image.descriptor.digest));
    fs.writeFileSync(manifest, `${fs.readFileSync(manifest, "utf8")} `);
    await expect(copy()).rejects.toMatchObject({ code: "BLOB_MISMATCH" });
    fs.writeFileSync(path.join(directory, "oci-layout"), "{}");
    await expect(copy()).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    expect(two.images.list()).toEqual([]);
    expect(two.blobs.has(image.descriptor.digest)).toBe(false);
  });
});
