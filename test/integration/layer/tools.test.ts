import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { captureTree } from "../../../core/oci/layer/capture.ts";
import { gzipStream } from "../../../core/oci/layer/compress.ts";
import { decompressStream } from "../../../core/oci/layer/decompress.ts";
import type { LayerEntry } from "../../../core/oci/layer/entry.ts";
import { packLayerToFile } from "../../../core/oci/layer/pack-layer.ts";
import { mergeLayers } from "../../../core/oci/layer/tree.ts";
import { opaqueEntry, whiteoutEntry } from "../../../core/oci/layer/whiteout.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { directory, file, hardlink, plainEntries, symlink } from "../../unit/layer/plain-entries.ts";
import { run } from "./run.ts";

const layers: LayerEntry[][] = [
  [
    directory("d"),
    file("d/a", "1"),
    file("d/b", "2"),
    directory("e", 0o1777),
    file("e/x"),
    file("su", "elf", { mode: 0o4755, xattrs: new Map([["user.a", Buffer.from("v")]]) }),
    hardlink("su2", "su"),
  ],
  [
    directory("d"),
    opaqueEntry("d"),
    file("d/c", "3"),
    whiteoutEntry("e"),
    symlink("l", "d/c"),
    file("n\xc3\xa9", "utf-8"),
  ],
];

/** Writes a layout with one image of the layers, gzip or not. */
async function writeLayout(root: string, archives: readonly string[], gzip: boolean): Promise<void> {
  mkdirSync(path.join(root, "blobs/sha256"), { recursive: true });
  const put = (bytes: Buffer, mediaType: string) => {
    const hex = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(path.join(root, "blobs/sha256", hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const descriptors = [];
  for (const archive of archives) {
    const parts: Uint8Array[] = [];
    for await (const part of gzipStream(createReadStream(archive))) parts.push(part);
    descriptors.push(
      gzip
        ? put(Buffer.concat(parts), mediaTypes.layerGzip)
        : put(readFileSync(archive), mediaTypes.layerTar),
    );
  }
  const diffIds = archives.map(
    (archive) => `sha256:${createHash("sha256").update(readFileSync(archive)).digest("hex")}`,
  );
  const config = put(
    Buffer.from(
      JSON.stringify({
        architecture: "amd64",
        os: "linux",
        config: {},
        rootfs: { type: "layers", diff_ids: diffIds },
        history: [],
      }),
    ),
    mediaTypes.config,
  );
  const manifest = put(
    Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: descriptors }),
    ),
    mediaTypes.manifest,
  );
  writeFileSync(path.join(root, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(
    path.join(root, "index.json"),
    JSON.stringify({
      schemaVersion: 2,
      manifests: [{ ...manifest, annotations: { "org.opencontainers.image.ref.name": "t" } }],
    }),
  );
}

describe.skipIf(!requires("root", "umoci"))("umoci", () => {
  for (const gzip of [true, false]) {
    it(`unpacks our layers, ${gzip ? "gzip" : "plain"}, to the tree that we merge`, async () => {
      await using tmp = temporaryDirectory();
      const archives = layers.map((entries, i) => {
        const archive = path.join(tmp.path, `${i}.tar`);
        packLayerToFile(entries, archive);
        return archive;
      });
      await writeLayout(path.join(tmp.path, "layout"), archives, gzip);
      run("umoci", ["unpack", "--image", `${tmp.path}/layout:t`, path.join(tmp.path, "bundle")]);
      const merged = [...mergeLayers(layers)].map((entry) =>
        entry.path === "su2" ? { ...hardlink("su2", "su"), mode: 0o4755 } : entry,
      );
      expect(plainEntries(captureTree(path.join(tmp.path, "bundle/rootfs")))).toEqual(plainEntries(merged));
    });
  }
});

describe.skipIf(!requires("gzip"))("gzip", () => {
  it("reads what we compress", async () => {
    await using tmp = temporaryDirectory();
    const target = path.join(tmp.path, "x.gz");
    const parts: Uint8Array[] = [];
    for await (const part of gzipStream(createReadStream(process.execPath, { end: 5_000_000 }), { level: 1 }))
      parts.push(part);
    writeFileSync(target, Buffer.concat(parts));
    run("gzip", ["--test", target]);
    expect(run("gzip", ["--list", target])).toContain("5000001");
  });
});

describe.skipIf(!requires("zstd"))("zstd", () => {
  const whole = async (source: AsyncIterable<Uint8Array>): Promise<string> => {
    const hash = createHash("sha256");
    for await (const chunk of source) hash.update(chunk);
    return hash.digest("hex");
  };

  for (const options of [["-3"], ["-19", "--long=24"], ["-1", "--no-check"]]) {
    it(`compresses what we read: ${options.join(" ")}`, async () => {
      await using tmp = temporaryDirectory();
      const source = path.join(tmp.path, "x");
      writeFileSync(source, readFileSync(process.execPath).subarray(0, 6_000_000));
      run("zstd", ["-q", ...options, source]);
      expect(await whole(decompressStream(createReadStream(`${source}.zst`), "zstd"))).toBe(
        await whole(createReadStream(source)),
      );
    });
  }

  it("reads frames one after another and refuses a truncated one", async () => {
    await using tmp = temporaryDirectory();
    const [a, b] = [path.join(tmp.path, "a"), path.join(tmp.path, "b")];
    writeFileSync(a, "first ".repeat(1000));
    writeFileSync(b, "second ".repeat(1000));
    run("zstd", ["-q", a, b]);
    const both = Buffer.concat([readFileSync(`${a}.zst`), readFileSync(`${b}.zst`)]);
    writeFileSync(path.join(tmp.path, "ab"), Buffer.concat([readFileSync(a), readFileSync(b)]));
    writeFileSync(path.join(tmp.path, "both"), both);
    writeFileSync(path.join(tmp.path, "cut"), both.subarray(0, -6));
    expect(await whole(decompressStream(createReadStream(path.join(tmp.path, "both")), "zstd"))).toBe(
      await whole(createReadStream(path.join(tmp.path, "ab"))),
    );
    expect(statSync(path.join(tmp.path, "cut")).size).toBe(both.length - 6);
    await expect(
      whole(decompressStream(createReadStream(path.join(tmp.path, "cut")), "zstd")),
    ).rejects.toMatchObject({ code: "LAYER_INVALID" });
  });
});
