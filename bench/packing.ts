/**
 * Packing a tree with its digest, against `tar | sha256sum`, and compressing it, against `tar | pigz`.
 * Prints one JSON document: medians of seconds and of ratios; below 1 we are faster.
 *
 *   bench/packing.ts [FILES] [MEGABYTES] [RUNS]
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { captureTree } from "../core/oci/layer/capture.ts";
import { gzipStream } from "../core/oci/layer/compress.ts";
import { packLayer, packLayerToFile } from "../core/oci/layer/pack-layer.ts";

const [files = 20_000, megabytes = 500, runs = 3] = process.argv.slice(2).map(Number);

/** A generator of equal trees on every machine: sizes of a long tail, half of the bytes compressible. */
function writeTree(root: string): void {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  };
  const pool = Buffer.alloc(4 << 20);
  for (let i = 0; i < pool.length; i++) pool[i] = i % 64 < 32 ? random() * 256 : 0x20;
  const weights = Array.from({ length: files }, () => 1 / (0.02 + random()));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    const directory = path.join(root, `d${index % 97}`, `e${index % 13}`);
    fs.mkdirSync(directory, { recursive: true });
    let left = Math.floor((weight / total) * megabytes * 1_000_000);
    const fd = fs.openSync(path.join(directory, `file-${index}.js`), "w");
    while (left > 0) {
      const start = Math.floor(random() * pool.length);
      left -= fs.writeSync(fd, pool, start, Math.min(left, pool.length - start));
    }
    fs.closeSync(fd);
  }
}

async function seconds(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((x, y) => x - y)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** A B A B …, so that a machine whose speed drifts slows both. */
async function compare(ours: () => unknown, peer: () => unknown) {
  const pairs: [ours: number, peer: number][] = [];
  for (let run = 0; run < runs; run++) pairs.push([await seconds(ours), await seconds(peer)]);
  return {
    ours: median(pairs.map(([mine]) => mine)),
    peer: median(pairs.map(([, theirs]) => theirs)),
    ratio: median(pairs.map(([mine, theirs]) => mine / theirs)),
  };
}

const shell = (script: string): void => {
  execFileSync("sh", ["-c", script], { stdio: ["ignore", "ignore", "inherit"] });
};
const hasPigz = fs.existsSync("/usr/bin/pigz");
const directory = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-bench-"));
try {
  const tree = path.join(directory, "tree");
  const tar = path.join(directory, "layer.tar");
  writeTree(tree);
  const pack = await compare(
    () => packLayer(captureTree(tree), () => undefined),
    () => shell(`tar --sort=name -cf - -C '${tree}' . | sha256sum`),
  );
  packLayerToFile(captureTree(tree), tar);
  const gzip = async (level: number): Promise<void> => {
    const hash = createHash("sha256");
    for await (const chunk of gzipStream(fs.createReadStream(tar, { highWaterMark: 1 << 20 }), { level }))
      hash.update(chunk);
  };
  const compress = (level: number) =>
    hasPigz
      ? compare(
          () => gzip(level),
          () => shell(`pigz -${level} -c '${tar}' | sha256sum`),
        )
      : undefined;
  const gzip1 = await compress(1);
  const gzip6 = await compress(6);
  const result = {
    files,
    megabytes,
    pack,
    gzip1,
    gzip6,
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} finally {
  fs.rmSync(directory, { recursive: true, force: true });
}
