import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { captureTree, captureUpper } from "../../../core/oci/layer/capture.ts";
import { captureChanges, snapshotTree } from "../../../core/oci/layer/diff-trees.ts";
import type { LayerEntry } from "../../../core/oci/layer/entry.ts";
import { packLayerToFile } from "../../../core/oci/layer/pack-layer.ts";
import { mergeLayers } from "../../../core/oci/layer/tree.ts";
import { unpackLayer } from "../../../core/oci/layer/unpack-layer.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { directory, file, hardlink, plainEntries, symlink } from "../../unit/layer/plain-entries.ts";

const base: LayerEntry[] = [
  directory("etc"),
  file("etc/passwd", "root"),
  directory("old"),
  file("old/a"),
  file("old/b"),
  directory("again"),
  file("again/hidden"),
  file("becomes-directory"),
  directory("becomes-file"),
  file("becomes-file/x"),
  directory("tmp", 0o1777),
  file("l1", "linked"),
  hardlink("l2", "l1"),
  symlink("link", "etc/passwd"),
];

/** Every kind of change that a RUN makes. */
const script = `
rm -r old; rm -r again; mkdir again; echo new > again/shown
rm becomes-directory; mkdir becomes-directory; echo y > becomes-directory/y
rm -r becomes-file; echo z > becomes-file
echo root2 > etc/passwd; chmod 600 etc/passwd
echo t > tmp/t; mkfifo tmp/pipe; mknod tmp/null c 1 3
ln tmp/t tmp/t2; rm l2; ln -s nowhere dangling; touch "$(printf 'b\\351')"
chmod 4755 tmp/t
`;

interface Lower {
  readonly path: string;
  readonly layers: LayerEntry[][];
}

function unpackLower(tmp: string): Lower {
  const tar = path.join(tmp, "base.tar");
  packLayerToFile(base, tar);
  unpackLayer(tar, path.join(tmp, "lower"), { whiteouts: "overlay", privileged: true });
  return { path: path.join(tmp, "lower"), layers: [base] };
}

/** Runs a script on an overlay in a mount namespace of its own; `lower` is highest first. */
function onOverlay(
  tmp: string,
  lower: readonly string[],
  command: string,
): { upper: string; output: string } {
  const work = path.join(tmp, `overlay-${readdirSync(tmp).length}`);
  for (const name of ["upper", "work", "merged"]) mkdirSync(path.join(work, name), { recursive: true });
  const options = `lowerdir=${lower.join(":")},upperdir=${work}/upper,workdir=${work}/work,redirect_dir=off,index=off,metacopy=off`;
  const all = `set -e; mount -t overlay overlay -o ${options} ${work}/merged; cd ${work}/merged; ${command}`;
  const output = execFileSync("unshare", ["--mount", "--propagation", "private", "sh", "-c", all], {
    encoding: "utf8",
  });
  return { upper: path.join(work, "upper"), output };
}

/** Directories are as old as their last change. */
const withoutTimes = (entries: Iterable<LayerEntry>): unknown[] =>
  plainEntries([...entries].map((entry) => ({ ...entry, mtime: 0 })));

describe.skipIf(!requires("root", "overlayfs"))("the changes of a command on an overlay", () => {
  it("become a layer that gives the same tree: merged by us, and mounted again", async () => {
    await using tmp = temporaryDirectory();
    const lower = unpackLower(tmp.path);
    const { upper } = onOverlay(tmp.path, [lower.path], script);
    const layer = captureUpper(upper, { clampTime: 1000 });
    expect(Math.max(...layer.map((entry) => entry.mtime))).toBe(1000);
    expect(layer.map((entry) => entry.path)).toEqual(
      expect.arrayContaining([".wh.old", "again/.wh..wh..opq", ".wh.l2", "b\xe9"]),
    );
    const tar = path.join(tmp.path, "layer.tar");
    packLayerToFile(layer, tar);
    const second = path.join(tmp.path, "second");
    expect(unpackLayer(tar, second, { whiteouts: "overlay", privileged: true }).skipped).toEqual([]);
    const seen = path.join(tmp.path, "seen");
    onOverlay(tmp.path, [second, lower.path], `cp -a . ${seen}`);
    expect(withoutTimes(captureTree(seen))).toEqual(withoutTimes(withLinks(mergeLayers([base, layer]))));
    expect(plainEntries(captureUpper(second, {}))).toEqual(plainEntries(layer));
    const applied = path.join(tmp.path, "applied");
    for (const archive of [path.join(tmp.path, "base.tar"), tar])
      unpackLayer(archive, applied, { whiteouts: "apply", privileged: true });
    expect(withoutTimes(captureTree(applied))).toEqual(withoutTimes(captureTree(seen)));
  });

  it("are made to agree with the layer on disk", async () => {
    await using tmp = temporaryDirectory();
    const lower = unpackLower(tmp.path);
    const { upper } = onOverlay(
      tmp.path,
      [lower.path],
      "echo log > etc/log; echo keep > etc/keep; ln -s keep etc/link",
    );
    const layer = captureUpper(upper, {
      clampTime: 1000,
      clampOnDisk: true,
      discard: (name) => name === "etc/log",
    });
    expect(layer.map((entry) => entry.path)).toEqual(["etc", "etc/keep", "etc/link"]);
    expect(readdirSync(path.join(upper, "etc")).sort()).toEqual(["keep", "link"]);
    for (const name of ["etc", "etc/keep", "etc/link"])
      expect(lstatSync(path.join(upper, name)).mtimeMs, name).toBe(1_000_000);
  });
});

/** A merged tree has lost its hard links; `l1` lost its other name, `t` got one. */
function withLinks(entries: Iterable<LayerEntry>): LayerEntry[] {
  return [...entries].map((entry) =>
    entry.path === "tmp/t2" ? { ...hardlink("tmp/t2", "tmp/t"), mode: 0o4755 } : entry,
  );
}

describe.skipIf(!requires("root"))("the changes of a plain directory", () => {
  it("are those that an overlay would show", async () => {
    await using tmp = temporaryDirectory();
    const lower = unpackLower(tmp.path);
    const before = snapshotTree(lower.path);
    expect(captureChanges(lower.path, before, {})).toEqual([]);
    execFileSync("sh", ["-e", "-c", script], { cwd: lower.path });
    const layer = captureChanges(lower.path, before, { clampTime: 1000, clampOnDisk: true });
    expect(withoutTimes(withLinks(mergeLayers([base, layer])))).toEqual(
      withoutTimes(captureTree(lower.path)),
    );
    expect(
      layer
        .filter(({ path: name }) => name.includes(".wh."))
        .map(({ path: name }) => name)
        .sort(),
    ).toEqual([".wh.l2", ".wh.old", "again/.wh.hidden"].sort());
    expect(lstatSync(path.join(lower.path, "becomes-file")).mtimeMs).toBe(1_000_000);
    expect(lstatSync(path.join(lower.path, "tmp/t2")).nlink).toBe(2);
  });

  it("leave what is skipped and discarded alone", async () => {
    await using tmp = temporaryDirectory();
    const lower = unpackLower(tmp.path);
    const before = snapshotTree(lower.path, { skip: (name) => name === "tmp" });
    writeFileSync(path.join(lower.path, "tmp/x"), "x");
    writeFileSync(path.join(lower.path, "etc/log"), "x");
    rmSync(path.join(lower.path, "old"), { recursive: true });
    const layer = captureChanges(lower.path, before, {
      skip: (name) => name === "tmp",
      discard: (name) => name === "etc/log",
      clampOnDisk: true,
      clampTime: 5,
    });
    expect(layer.map((entry) => entry.path)).toEqual(["etc", ".wh.old"]);
    expect(lstatSync(path.join(lower.path, "etc/log")).isFile()).toBe(true);
    expect(lstatSync(path.join(lower.path, "etc/passwd")).isFile()).toBe(true);
  });
});
