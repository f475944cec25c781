import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isTsdockError } from "../../../core/errors/tsdock-error.ts";
import { captureTree } from "../../../core/oci/layer/capture.ts";
import type { LayerEntry } from "../../../core/oci/layer/entry.ts";
import { indexLayer } from "../../../core/oci/layer/index-layer.ts";
import { orderEntries } from "../../../core/oci/layer/order-entries.ts";
import { packLayer, packLayerToFile } from "../../../core/oci/layer/pack-layer.ts";
import { diffTrees, mergeLayers } from "../../../core/oci/layer/tree.ts";
import { unpackLayer } from "../../../core/oci/layer/unpack-layer.ts";
import { writeFileSync, readFileSync } from "node:fs";
import { arbitraryEntries } from "./arbitrary-entries.ts";
import { plainEntries } from "./plain-entries.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "tsdock-layer-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const bytesOf = (entries: readonly LayerEntry[]): Buffer => {
  const chunks: Buffer[] = [];
  packLayer(entries, (chunk) => chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
};

describe("layers", () => {
  it("are read back as they were packed", () => {
    const tar = path.join(directory, "layer.tar");
    fc.assert(
      fc.property(arbitraryEntries, (entries) => {
        packLayerToFile(entries, tar);
        expect(plainEntries(indexLayer(tar))).toEqual(plainEntries(orderEntries(entries)));
      }),
      { numRuns: 150 },
    );
  });

  it("have the same bytes whatever the order of their entries", () => {
    fc.assert(
      fc.property(arbitraryEntries, (entries) => {
        expect(bytesOf([...entries].reverse()).equals(bytesOf(entries))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.skipIf(process.geteuid?.() !== 0)("are found on disk as they were unpacked", () => {
    let run = 0;
    fc.assert(
      fc.property(arbitraryEntries, (entries) => {
        const tar = path.join(directory, "layer.tar");
        const target = path.join(directory, `unpacked-${run++}`);
        packLayerToFile(entries, tar);
        const report = unpackLayer(tar, target, { whiteouts: "overlay", privileged: true });
        expect(report.skipped).toEqual([]);
        expect(plainEntries(captureTree(target))).toEqual(plainEntries(orderEntries(entries)));
      }),
      { numRuns: 60 },
    );
  });

  it("made of the difference of two trees give the second on top of the first", () => {
    fc.assert(
      fc.property(arbitraryEntries, arbitraryEntries, (below, above) => {
        const [lower, upper] = [mergeLayers([below]), mergeLayers([above])];
        const merged = mergeLayers([below, diffTrees(lower, upper)]);
        expect(plainEntries(merged)).toEqual(plainEntries(upper));
        expect(diffTrees(merged, upper)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it("that are cut or damaged give an error of ours or entries, never anything else", () => {
    const tar = path.join(directory, "layer.tar");
    let failures = 0;
    fc.assert(
      fc.property(
        arbitraryEntries,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(),
        fc.boolean(),
        (entries, damage, cut, isCut) => {
          packLayerToFile(entries, tar);
          const bytes = readFileSync(tar);
          for (const [at, value] of damage) bytes[at % bytes.length] = value;
          writeFileSync(tar, isCut ? bytes.subarray(0, cut % bytes.length) : bytes);
          try {
            mergeLayers([indexLayer(tar)]);
          } catch (error) {
            failures++;
            if (!isTsdockError(error)) throw error;
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(failures).toBeGreaterThan(20);
  });
});
