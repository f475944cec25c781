import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compressorName, gzipStream } from "../../../core/oci/layer/compress.ts";
import { decompressStream } from "../../../core/oci/layer/decompress.ts";
import { ingestLayer } from "../../../core/oci/layer/ingest-layer.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

/** Compressible and larger than two pieces. */
const text = Buffer.from(Array.from({ length: 260_000 }, (_, i) => `line ${(i * i) % 1009}\n`).join(""));

describe("gzip in pieces", () => {
  it("is one valid member with the same bytes whatever the chunks and the number of jobs", async () => {
    const one = await collect(gzipStream(chunks(text, 7777), { level: 6, jobs: 1 }));
    const other = await collect(gzipStream(chunks(text, 1 << 21), { level: 6, jobs: 8 }));
    expect(one.equals(other)).toBe(true);
    expect(gunzipSync(one).equals(text)).toBe(true);
    expect(one.subarray(0, 10)).toEqual(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]));
  });

  it("is hardly larger than a single stream", async () => {
    const ours = await collect(gzipStream(chunks(text, 65536), { level: 6 }));
    expect(ours.length).toBeLessThan(gzipSync(text, { level: 6 }).length * 1.02);
  });

  it("holds any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.integer({ min: 0, max: 9 }),
        async (bytes, level) => {
          expect(gunzipSync(await collect(gzipStream(chunks(bytes, 100), { level }))).equals(bytes)).toBe(
            true,
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it("stops when aborted", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    await expect(collect(gzipStream(chunks(text, 65536), { signal: controller.signal }))).rejects.toThrow(
      "enough",
    );
  });

  it("names the compressor", () => expect(compressorName(6)).toMatch(/^zlib [\w.-]+ level 6$/));
});

describe("decompressing", () => {
  it("reads members one after another", async () => {
    const two = Buffer.concat([gzipSync("one "), gzipSync("two")]);
    expect((await collect(decompressStream(chunks(two, 5), "gzip"))).toString()).toBe("one two");
  });

  it("refuses what is truncated, damaged or no gzip", async () => {
    const whole = gzipSync(randomBytes(5000));
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(2000) ^ 0xff, 2000);
    for (const bytes of [whole.subarray(0, -4), damaged, Buffer.from("plain text"), Buffer.alloc(0)]) {
      await expect(collect(decompressStream(chunks(bytes, 1000), "gzip"))).rejects.toMatchObject({
        code: "LAYER_INVALID",
      });
    }
  });

  it("stops where more comes out than is allowed", async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    await expect(
      collect(decompressStream(chunks(bomb, 1000), "gzip", { maxSize: 1_000_000 })),
    ).rejects.toMatchObject({ code: "LAYER_TOO_LARGE" });
  });

  it("passes on the errors of its source", async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield gzipSync(randomBytes(1000)).subarray(0, 500);
      await Promise.resolve();
      throw new Error("connection lost");
    };
    await expect(collect(decompressStream(broken(), "gzip"))).rejects.toThrow("connection lost");
  });
});

describe("taking a layer in", () => {
  it("gives both digests and sizes and writes both files", async () => {
    await using tmp = temporaryDirectory();
    const compressed = gzipSync(text);
    const [tarFile, keepCompressed] = [path.join(tmp.path, "tar"), path.join(tmp.path, "gz")];
    const result = await ingestLayer(chunks(compressed, 10_000), {
      compression: "gzip",
      tarFile,
      keepCompressed,
      expectedDigest: digestOf(compressed),
      expectedSize: compressed.length,
      expectedDiffId: digestOf(text),
    });
    expect(result).toEqual({
      digest: digestOf(compressed),
      compressedSize: compressed.length,
      diffId: digestOf(text),
      size: text.length,
    });
    expect(readFileSync(tarFile).equals(text)).toBe(true);
    expect(readFileSync(keepCompressed).equals(compressed)).toBe(true);
  });

  it("refuses another digest, size or diffID", async () => {
    await using tmp = temporaryDirectory();
    const compressed = gzipSync(text);
    const wrong = digestOf("wrong");
    const tarFile = path.join(tmp.path, "tar");
    for (const expected of [
      { expectedDigest: wrong },
      { expectedSize: 5 },
      { expectedSize: compressed.length + 1 },
      { expectedDiffId: wrong },
    ]) {
      await expect(
        ingestLayer(chunks(compressed, 9999), { compression: "gzip", tarFile, ...expected }),
      ).rejects.toMatchObject({ code: "LAYER_MISMATCH" });
    }
  });

  it("has one digest where nothing is compressed", async () => {
    await using tmp = temporaryDirectory();
    const result = await ingestLayer(chunks(text, 100_000), {
      compression: "none",
      tarFile: path.join(tmp.path, "tar"),
    });
    expect(result.digest).toBe(`sha256:${createHash("sha256").update(text).digest("hex")}`);
    expect(result.diffId).toBe(result.digest);
  });

  it("stops at once for a source that never ends", async () => {
    await using tmp = temporaryDirectory();
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        await Promise.resolve();
        yield randomBytes(1000);
      }
    };
    const options = { compression: "none", tarFile: path.join(tmp.path, "tar"), expectedSize: 5000 } as const;
    await expect(ingestLayer(endless(), options)).rejects.toMatchObject({ code: "LAYER_MISMATCH" });
  });
});
