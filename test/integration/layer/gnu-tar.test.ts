import {
  closeSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { captureTree } from "../../../core/oci/layer/capture.ts";
import type { LayerEntry } from "../../../core/oci/layer/entry.ts";
import { indexLayer } from "../../../core/oci/layer/index-layer.ts";
import { packLayerToFile } from "../../../core/oci/layer/pack-layer.ts";
import { unpackLayer } from "../../../core/oci/layer/unpack-layer.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import {
  contentBytes,
  directory,
  file,
  hardlink,
  plainEntries,
  symlink,
} from "../../unit/layer/plain-entries.ts";
import { run } from "./run.ts";

const long = `${"d".repeat(100)}/${"e".repeat(120)}/${"f".repeat(180)}`;
const latin = "caf\xe9"; // not UTF-8

const tree: LayerEntry[] = [
  directory("bin", 0o755),
  file("bin/su", "elf", { mode: 0o4755 }),
  hardlink("bin/also-su", "bin/su"),
  symlink("sh", "bin/su"),
  symlink("far", `/${long}`),
  file(Buffer.from("été/ü").toString("latin1"), "utf-8"),
  file(latin, "bytes", { xattrs: new Map([["user.k", Buffer.from([0, 1, 255])]]) }),
  file(long, "deep"),
  file("owned", "x", { uid: 3_000_000, gid: 2_500_000, mtime: 1_600_000_000 }),
  file("empty"),
  { path: "pipe", type: "fifo", mode: 0o640, uid: 0, gid: 5, mtime: 7 },
  { path: "null", type: "character", major: 1, minor: 3, mode: 0o666, uid: 0, gid: 0, mtime: 0 },
  { path: "disk", type: "block", major: 259, minor: 70_000, mode: 0o660, uid: 0, gid: 6, mtime: 0 },
];

/** A file with data at its begin and end and holes between. */
function writeSparse(target: string, pieces: number): Buffer {
  const expected = Buffer.alloc(pieces * 100_000 + 5);
  const fd = openSync(target, "w");
  for (let i = 0; i < pieces; i++) {
    const text = Buffer.from(`piece ${i}`);
    writeSync(fd, text, 0, text.length, i * 100_000);
    text.copy(expected, i * 100_000);
  }
  ftruncateSync(fd, expected.length);
  closeSync(fd);
  return expected;
}

describe.skipIf(!requires("root"))("GNU tar", () => {
  it("unpacks what we pack", async () => {
    await using tmp = temporaryDirectory();
    const tar = path.join(tmp.path, "layer.tar");
    const target = path.join(tmp.path, "out");
    mkdirSync(target);
    packLayerToFile(tree, tar);
    run("tar", ["-xpf", tar, "--numeric-owner", "--xattrs", "--xattrs-include=*", "-C", target]);
    const made = captureTree(target).filter((entry) => !(entry.type === "directory" && entry.path !== "bin"));
    const ours = path.join(tmp.path, "ours");
    expect(unpackLayer(tar, ours, { whiteouts: "overlay", privileged: true }).skipped).toEqual([]);
    const unpacked = captureTree(ours).filter(
      (entry) => !(entry.type === "directory" && entry.path !== "bin"),
    );
    expect(plainEntries(unpacked)).toEqual(plainEntries(made));
    expect(lstatSync(path.join(ours, "bin/su")).ino).toBe(lstatSync(path.join(ours, "bin/also-su")).ino);
    expect(readlinkSync(path.join(ours, "far"))).toBe(`/${long}`);
  });

  for (const format of ["pax", "gnu", "ustar", "v7"]) {
    it(`packs what we read, format ${format}`, async () => {
      await using tmp = temporaryDirectory();
      const [source, tar, layer] = ["source", "out.tar", "layer.tar"].map((name) =>
        path.join(tmp.path, name),
      ) as [string, string, string];
      const fits = (entry: LayerEntry): boolean =>
        format === "pax" ||
        format === "gnu" ||
        (entry.path.length < 90 &&
          entry.path !== "far" &&
          entry.path !== "owned" &&
          (format === "ustar" || !["pipe", "null", "disk"].includes(entry.path)));
      packLayerToFile(tree.filter(fits), layer);
      unpackLayer(layer, source, { whiteouts: "overlay", privileged: true });
      const xattrs = format === "pax" ? ["--xattrs", "--xattrs-include=*"] : [];
      run("tar", ["-cf", tar, `--format=${format}`, "--numeric-owner", ...xattrs, "-C", source, "."]);
      const expected = captureTree(source).map((entry) =>
        format === "pax" ? entry : { ...entry, xattrs: new Map() },
      );
      const read = indexLayer(tar).filter((entry) => entry.path !== "");
      // GNU tar gives the content to whichever name it meets first.
      packLayerToFile(read, layer);
      expect(plainEntries(indexLayer(layer))).toEqual(plainEntries(expected as LayerEntry[]));
    });
  }

  for (const [format, version] of [
    ["gnu", ""],
    ["pax", "0.0"],
    ["pax", "0.1"],
    ["pax", "1.0"],
  ] as const) {
    it(`packs sparse files that come out whole: ${format} ${version}`, async () => {
      await using tmp = temporaryDirectory();
      const source = path.join(tmp.path, "source");
      mkdirSync(source);
      const few = writeSparse(path.join(source, "few"), 3);
      const many = writeSparse(path.join(source, "many"), 60);
      writeFileSync(path.join(source, "next"), "after the sparse ones");
      const tar = path.join(tmp.path, "sparse.tar");
      const sparse = version === "" ? ["--sparse"] : ["--sparse", `--sparse-version=${version}`];
      run("tar", ["-cf", tar, `--format=${format}`, ...sparse, "-C", source, "few", "many", "next"]);
      expect(lstatSync(tar).size).toBeLessThan(1_000_000);
      const entries = indexLayer(tar);
      expect(entries.map((entry) => entry.path)).toEqual(["few", "many", "next"]);
      const contents = entries.map((entry) =>
        entry.type === "file" ? contentBytes(entry.content, entry.size) : Buffer.alloc(0),
      );
      expect(
        contents.map((bytes, i) =>
          bytes.equals([few, many, Buffer.from("after the sparse ones")][i] ?? Buffer.alloc(0)),
        ),
      ).toEqual([true, true, true]);
      const target = path.join(tmp.path, "target");
      unpackLayer(tar, target, { whiteouts: "apply", privileged: false });
      expect(readFileSync(path.join(target, "many")).equals(many)).toBe(true);
      expect(lstatSync(path.join(target, "many")).blocks * 512).toBeLessThan(1_000_000);
    });
  }
});

describe.skipIf(!requires("root", "setcap"))("file capabilities", () => {
  it("survive capture, packing and unpacking", async () => {
    await using tmp = temporaryDirectory();
    const source = path.join(tmp.path, "source");
    mkdirSync(source);
    writeFileSync(path.join(source, "ping"), "elf", { mode: 0o755 });
    run("setcap", ["cap_net_raw+ep", path.join(source, "ping")]);
    const tar = path.join(tmp.path, "layer.tar");
    packLayerToFile(captureTree(source), tar);
    const target = path.join(tmp.path, "target");
    unpackLayer(tar, target, { whiteouts: "overlay", privileged: true });
    expect(run("getcap", [path.join(target, "ping")])).toContain("cap_net_raw");
  });
});
