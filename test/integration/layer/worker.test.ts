import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { LayerEntry } from "../../../core/oci/layer/entry.ts";
import { packLayerToFile } from "../../../core/oci/layer/pack-layer.ts";
import { isLarge, packLayerInWorker, packLayerTo } from "../../../core/oci/layer/pack-layer-to.ts";
import { unpackLayerTo } from "../../../core/oci/layer/unpack-layer.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { directory, file } from "../../unit/layer/plain-entries.ts";

const never = new AbortController().signal;
const many: LayerEntry[] = Array.from({ length: 3000 }, (_, i) =>
  file(`f${i}`, `content ${i}`, { xattrs: new Map([["user.a", new Uint8Array([i % 256])]]) }),
);

describe("a worker thread", () => {
  it("packs the same bytes as here and leaves the event loop free", async () => {
    await using tmp = temporaryDirectory();
    expect(isLarge(many)).toBe(true);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const there = await packLayerTo(many, path.join(tmp.path, "there"), never);
    clearInterval(timer);
    expect(there).toEqual(packLayerToFile(many, path.join(tmp.path, "here")));
    // Packing here would leave it no turn at all; how many it has is a matter of who else wants the processors.
    expect(turns).toBeGreaterThan(0);
  });

  it("unpacks", async () => {
    await using tmp = temporaryDirectory();
    const tar = path.join(tmp.path, "tar");
    packLayerToFile([directory("d"), file("d/a", "1")], tar);
    const report = await unpackLayerTo(
      tar,
      path.join(tmp.path, "out"),
      { whiteouts: "apply", privileged: false },
      never,
    );
    expect(report).toMatchObject({ entries: 2, bytes: 1 });
    expect(readdirSync(path.join(tmp.path, "out/d"))).toEqual(["a"]);
  });

  it("gives our errors back as they are", async () => {
    await using tmp = temporaryDirectory();
    await expect(
      packLayerInWorker([file("a"), file("a")], path.join(tmp.path, "x"), never),
    ).rejects.toMatchObject({
      name: "TsdockError",
      code: "LAYER_INVALID",
      exitCode: 1,
      hint: "leave one of the two sources out",
    });
  });

  it("ends when aborted", async () => {
    await using tmp = temporaryDirectory();
    const big = path.join(tmp.path, "big");
    writeFileSync(big, Buffer.alloc(64 << 20));
    const controller = new AbortController();
    const entries = Array.from(
      { length: 40 },
      (_, i): LayerEntry => ({ ...file(`f${i}`), type: "file", size: 64 << 20, content: { path: big } }),
    );
    const packing = packLayerInWorker(entries, "/dev/null", controller.signal);
    await sleep(150);
    controller.abort(new Error("stopped by hand"));
    await expect(packing).rejects.toThrow("stopped by hand");
    await expect(packLayerTo([], path.join(tmp.path, "x"), controller.signal)).rejects.toThrow(
      "stopped by hand",
    );
  });
});

describe("packing what changes meanwhile", () => {
  it("refuses files that grew, shrank or vanished", async () => {
    await using tmp = temporaryDirectory();
    const source = path.join(tmp.path, "source");
    writeFileSync(source, "12345");
    const entry = (size: number, name = source): LayerEntry => ({
      ...file("f"),
      type: "file",
      size,
      content: { path: name },
    });
    for (const changed of [entry(4), entry(6), entry(5, `${source}-gone`), entry(0)]) {
      expect(() => packLayerToFile([changed], path.join(tmp.path, "out"))).toThrow(
        expect.objectContaining({ code: "FILE_CHANGED" }) as Error,
      );
    }
    expect(packLayerToFile([entry(5)], path.join(tmp.path, "out")).size).toBe(2048);
  });
});
