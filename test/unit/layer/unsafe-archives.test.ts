import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { Header } from "tar/header";
import { describe, expect, it } from "vitest";
import { indexLayer } from "../../../core/oci/layer/index-layer.ts";
import { packLayerToFile } from "../../../core/oci/layer/pack-layer.ts";
import { unpackLayer } from "../../../core/oci/layer/unpack-layer.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { directory, file, symlink } from "./plain-entries.ts";

interface Raw {
  readonly path: string;
  readonly type?:
    | "File"
    | "Directory"
    | "SymbolicLink"
    | "Link"
    | "CharacterDevice"
    | "ExtendedHeader"
    | "NextFileHasLongPath";
  readonly linkpath?: string;
  readonly text?: string;
  readonly mode?: number;
}

/** An archive as an attacker writes it: our own writer refuses such names. */
function rawTar(target: string, entries: readonly Raw[]): void {
  const blocks: Buffer[] = [];
  for (const { path: name, type = "File", linkpath, text = "", mode = 0o644 } of entries) {
    const header = new Header({
      path: name,
      type,
      mode,
      uid: 0,
      gid: 0,
      size: text.length,
      mtime: new Date(0),
    });
    if (linkpath !== undefined) header.linkpath = linkpath;
    const block = Buffer.alloc(512);
    header.encode(block);
    const content = Buffer.alloc(Math.ceil(text.length / 512) * 512);
    content.write(text);
    blocks.push(block, content);
  }
  writeFileSync(target, Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const code = (wanted: string) => expect.objectContaining({ code: wanted }) as Error;

/** A root with a neighbour that must stay as it is. */
function arena(base: string) {
  const outside = path.join(base, "outside");
  mkdirSync(outside);
  writeFileSync(path.join(outside, "victim"), "untouched", { mode: 0o600 });
  const root = path.join(base, "root");
  const tar = path.join(base, "layer.tar");
  return {
    outside,
    root,
    tar,
    unpack: (whiteouts: "apply" | "overlay-userxattr" = "apply") =>
      unpackLayer(tar, root, { whiteouts, privileged: false }),
    expectUntouched: (): void => {
      expect(readFileSync(path.join(outside, "victim"), "utf8")).toBe("untouched");
      expect(statSync(path.join(outside, "victim")).mode & 0o7777).toBe(0o600);
      expect(statSync(path.join(outside, "victim")).nlink).toBe(1);
    },
  };
}

describe("archives that try to leave their root", () => {
  it("node-tar CVE-2018-20834: a hard link to a symbolic link is not written through", async () => {
    await using tmp = temporaryDirectory();
    const { tar, root, unpack, outside, expectUntouched } = arena(tmp.path);
    rawTar(tar, [
      { path: "a", type: "SymbolicLink", linkpath: path.join(outside, "victim") },
      { path: "b", type: "Link", linkpath: "a" },
      { path: "b", text: "owned" },
    ]);
    unpack();
    expectUntouched();
    expect(readFileSync(path.join(root, "b"), "utf8")).toBe("owned");
    expect(lstatSync(path.join(root, "b")).isFile()).toBe(true);
  });

  it("node-tar CVE-2021-32803: a directory replaced by a symbolic link is not a parent any more", async () => {
    await using tmp = temporaryDirectory();
    const { tar, unpack, outside, expectUntouched } = arena(tmp.path);
    rawTar(tar, [
      { path: "d", type: "Directory", mode: 0o755 },
      { path: "d", type: "SymbolicLink", linkpath: outside },
      { path: "d/victim", text: "owned" },
    ]);
    expect(() => unpack()).toThrow(code("LAYER_UNSAFE"));
    expectUntouched();
  });

  it("node-tar CVE-2021-32804: absolute names are taken below the root, however many slashes", async () => {
    await using tmp = temporaryDirectory();
    const { tar, root, unpack, outside, expectUntouched } = arena(tmp.path);
    rawTar(tar, [{ path: `////${outside}/victim`, text: "owned" }]);
    unpack();
    expectUntouched();
    expect(readFileSync(path.join(root, outside, "victim"), "utf8")).toBe("owned");
  });

  it("node-tar CVE-2021-37713: names with .. are refused wherever they are", async () => {
    await using tmp = temporaryDirectory();
    const { tar, unpack, expectUntouched } = arena(tmp.path);
    for (const name of ["../outside/victim", "a/../../outside/victim", "a/..", ".."]) {
      rawTar(tar, [{ path: name, text: "owned" }]);
      expect(() => unpack(), name).toThrow(code("LAYER_UNSAFE"));
      expect(() => indexLayer(tar), name).toThrow(code("LAYER_UNSAFE"));
    }
    expectUntouched();
  });

  it("names that are longer than any system opens are refused", async () => {
    await using tmp = temporaryDirectory();
    const { tar, unpack } = arena(tmp.path);
    const text = Array.from({ length: 20_000 }, () => "a").join("/");
    rawTar(tar, [{ path: "long", type: "NextFileHasLongPath", text }, { path: "f" }]);
    expect(() => unpack()).toThrow(code("LAYER_INVALID"));
    expect(() => indexLayer(tar)).toThrow(code("LAYER_INVALID"));
  });

  it("node-tar CVE-2026-23745, docker CVE-2014-6407: hard links reach nothing outside", async () => {
    await using tmp = temporaryDirectory();
    const { tar, unpack, outside, expectUntouched } = arena(tmp.path);
    for (const linkpath of ["../outside/victim", path.join(outside, "victim")]) {
      rawTar(tar, [{ path: "a", type: "Link", linkpath }]);
      expect(() => unpack(), linkpath).toThrow(/hard link|leaves its root/);
    }
    rawTar(tar, [
      { path: "l", type: "SymbolicLink", linkpath: outside },
      { path: "a", type: "Link", linkpath: "l/victim" },
    ]);
    expect(() => unpack()).toThrow(/hard link/);
    expectUntouched();
  });

  it("umoci CVE-2021-29136: the root does not become a symbolic link", async () => {
    await using tmp = temporaryDirectory();
    const { tar, root, unpack, outside, expectUntouched } = arena(tmp.path);
    for (const name of [".", "/", "./"]) {
      rawTar(tar, [
        { path: name, type: "SymbolicLink", linkpath: outside },
        { path: "victim", text: "owned" },
      ]);
      expect(() => unpack(), name).toThrow(code("LAYER_INVALID"));
      expect(() => indexLayer(tar), name).toThrow(code("LAYER_INVALID"));
    }
    expectUntouched();
    expect(lstatSync(root).isDirectory()).toBe(true);
  });

  it("tar-rs CVE-2021-38511: directories are not made through a symbolic link", async () => {
    await using tmp = temporaryDirectory();
    const { tar, unpack, outside } = arena(tmp.path);
    rawTar(tar, [
      { path: "l", type: "SymbolicLink", linkpath: outside },
      { path: "l/new/", type: "Directory", mode: 0o755 },
    ]);
    expect(() => unpack()).toThrow(code("LAYER_UNSAFE"));
    expect(existsSync(path.join(outside, "new"))).toBe(false);
  });

  it("tar-rs CVE-2026-33056: the mode of a directory is not set through a symbolic link of its name", async () => {
    await using tmp = temporaryDirectory();
    const { tar, root, unpack, outside } = arena(tmp.path);
    const before = statSync(outside).mode;
    rawTar(tar, [
      { path: "l", type: "SymbolicLink", linkpath: outside },
      { path: "l", type: "Directory", mode: 0o777 },
    ]);
    unpack();
    expect(statSync(outside).mode).toBe(before);
    expect(lstatSync(path.join(root, "l")).isDirectory()).toBe(true);
  });

  it("docker CVE-2014-9356: a chain of links does not become a way out", async () => {
    await using tmp = temporaryDirectory();
    const { tar, unpack, expectUntouched } = arena(tmp.path);
    rawTar(tar, [
      { path: "a", type: "SymbolicLink", linkpath: "." },
      { path: "a/b", type: "SymbolicLink", linkpath: ".." },
      { path: "a/b/outside/victim", text: "owned" },
    ]);
    expect(() => unpack()).toThrow(code("LAYER_UNSAFE"));
    expectUntouched();
  });

  it("moby: whiteouts remove nothing outside, not even .wh..", async () => {
    await using tmp = temporaryDirectory();
    const { tar, root, unpack, outside, expectUntouched } = arena(tmp.path);
    mkdirSync(root);
    symlinkSync(outside, path.join(root, "l"));
    for (const name of ["l/.wh.victim", "l/.wh..wh..opq"]) {
      rawTar(tar, [{ path: name }]);
      unpack();
      expectUntouched();
    }
    for (const name of [".wh..", ".wh...", "x/.wh...", ".wh."]) {
      rawTar(tar, [{ path: name }]);
      expect(() => unpack(), name).toThrow(code("LAYER_UNSAFE"));
    }
    expectUntouched();
    rawTar(tar, [{ path: ".wh.l" }]);
    unpack();
    expectUntouched();
    expect(existsSync(path.join(root, "l"))).toBe(false);
  });

  it("tokio-tar CVE-2025-62518: a size in an extended header belongs to the file and not to the header between", async () => {
    await using tmp = temporaryDirectory();
    const { tar } = arena(tmp.path);
    rawTar(tar, [
      { path: "PaxHeader", type: "ExtendedHeader", text: "12 size=512\n" },
      { path: "././@LongLink", type: "NextFileHasLongPath", text: "long-name\0" },
      { path: "short", text: "x".repeat(512) },
      { path: "after", text: "y" },
    ]);
    expect(indexLayer(tar).map((entry) => [entry.path, entry.type === "file" ? entry.size : 0])).toEqual([
      ["long-name", 512],
      ["after", 1],
    ]);
  });

  it("overlayfs: attributes of its own and whiteout devices in a layer do nothing", async () => {
    await using tmp = temporaryDirectory();
    const { tar, root, unpack } = arena(tmp.path);
    const redirect = new Map([["user.overlay.redirect", Buffer.from("/etc")]]);
    packLayerToFile(
      [
        { ...directory("d"), xattrs: redirect },
        { path: "gone", type: "character", major: 0, minor: 0, mode: 0o600, uid: 0, gid: 0, mtime: 0 },
      ],
      tar,
    );
    const report = unpack("overlay-userxattr");
    expect(report.skipped.map(({ path: name }) => name).sort()).toEqual(["d", "gone"]);
    expect(existsSync(path.join(root, "gone"))).toBe(false);
  });

  it("device nodes are left out and reported without privilege", async () => {
    await using tmp = temporaryDirectory();
    const { tar, root, unpack } = arena(tmp.path);
    packLayerToFile(
      [{ path: "null", type: "character", major: 1, minor: 3, mode: 0o666, uid: 0, gid: 0, mtime: 0 }],
      tar,
    );
    expect(unpack().skipped).toEqual([
      { path: "null", reason: "device nodes cannot be made without privilege" },
    ]);
    expect(existsSync(path.join(root, "null"))).toBe(false);
  });

  it("a symbolic link may point anywhere: it is not followed", async () => {
    await using tmp = temporaryDirectory();
    const { tar, root, unpack } = arena(tmp.path);
    packLayerToFile([symlink("etc", "/../../etc"), file("x", "1")], tar);
    unpack();
    expect(readlinkSync(path.join(root, "etc"))).toBe("/../../etc");
  });
});
