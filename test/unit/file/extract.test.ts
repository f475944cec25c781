import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { FileAction } from "../../../core/graph/operation.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { dir, file, link, type Workbench, workbench } from "./support.ts";

type ExtractAction = Extract<FileAction, { type: "extract" }>;

const extract = (
  bench: Workbench,
  archive: string,
  destination: string,
  more: Partial<ExtractAction> = {},
): ExtractAction => ({
  type: "extract",
  source: { type: "context", directory: bench.directory },
  path: archive,
  destination,
  ...more,
});

/** Makes an archive with GNU tar: owners 7:8, times of now. */
async function makeArchive(bench: Workbench, name: string, ...options: readonly string[]): Promise<void> {
  await using tmp = temporaryDirectory();
  const below = (at: string) => path.join(tmp.path, at);
  fs.mkdirSync(below("top/sub"), { recursive: true });
  fs.chmodSync(below("top"), 0o750);
  fs.chmodSync(below("top/sub"), 0o755);
  fs.writeFileSync(below("top/run"), "run");
  fs.chmodSync(below("top/run"), 0o4755);
  fs.linkSync(below("top/run"), below("top/sub/same"));
  fs.symlinkSync("run", below("top/link"));
  execFileSync("tar", [
    "--owner=7",
    "--group=8",
    "-cf",
    path.join(bench.directory, name),
    ...options,
    "-C",
    tmp.path,
    "top",
  ]);
}

const members = [
  "top/ 750 7:8",
  "top/link -> run 7:8",
  'top/run "run" 4755 7:8',
  "top/sub/ 7:8",
  "top/sub/same = top/run 4755 7:8",
];

const compressors = [
  { suffix: "tar" },
  { suffix: "tar.gz", program: "gzip" },
  { suffix: "tar.bz2", program: "bzip2" },
  { suffix: "tar.xz", program: "xz" },
  { suffix: "tar.zst", program: "zstd" },
] as const;

describe("an archive of the context", () => {
  for (const { suffix, ...compressed } of compressors) {
    const needed = "program" in compressed ? [compressed.program] : [];
    const options = needed.map((program) => `--${program}`);
    it.skipIf(!requires(...needed))(`is extracted from ${suffix}, with its modes and owners`, async () => {
      await using bench = await workbench();
      await makeArchive(bench, `a.${suffix}`, ...options);
      expect(await bench.run(extract(bench, `a.${suffix}`, "/"))).toEqual(members);
    });
  }

  it("has one key however it is compressed, and is uncompressed once", async () => {
    await using bench = await workbench();
    await makeArchive(bench, "a.tar");
    execFileSync("gzip", ["--keep", path.join(bench.directory, "a.tar")]);
    const plain = await bench.plan(extract(bench, "a.tar", "/"));
    const zipped = await bench.plan(extract(bench, "a.tar.gz", "/"));
    expect(zipped.keyInputs).toEqual(plain.keyInputs);
    bench.restart();
    expect((await bench.plan(extract(bench, "a.tar.gz", "/"))).keyInputs).toEqual(plain.keyInputs);
    expect((await bench.plan(extract(bench, "a.tar.gz", "/x"))).keyInputs).not.toEqual(plain.keyInputs);
  });

  it("takes the owner and mode that are asked for", async () => {
    await using bench = await workbench();
    await makeArchive(bench, "a.tar");
    expect(await bench.run(extract(bench, "./a.t*", "/d", { chown: "1:2", chmod: 0o700 }))).toEqual([
      "d/ 1:2",
      "d/top/ 700 1:2",
      "d/top/link -> run 1:2",
      'd/top/run "run" 700 1:2',
      "d/top/sub/ 700 1:2",
      "d/top/sub/same = d/top/run 700 1:2",
    ]);
  });

  it("follows the base's links and leaves alone directories that it has no entries for", async () => {
    await using bench = await workbench();
    await using tmp = temporaryDirectory();
    for (const name of ["lib/x", "tmp/y"]) {
      fs.mkdirSync(path.join(tmp.path, path.dirname(name)));
      fs.writeFileSync(path.join(tmp.path, name), "");
    }
    const archive = path.join(bench.directory, "a.tar");
    execFileSync("tar", ["--owner=0", "--group=0", "-cf", archive, "-C", tmp.path, "lib/x", "tmp/y"]);
    const base = await bench.tree(
      dir("usr"),
      dir("usr/lib", 0o711),
      link("lib", "usr/lib"),
      dir("tmp", 0o1777),
    );
    expect(await bench.run(extract(bench, "a.tar", "/"), { base })).toEqual([
      "tmp/ 1777",
      'tmp/y ""',
      "usr/",
      "usr/lib/ 711",
      'usr/lib/x ""',
    ]);
  });

  it("may lie in an image", async () => {
    await using bench = await workbench();
    await makeArchive(bench, "a.tar");
    const bytes = fs.readFileSync(path.join(bench.directory, "a.tar")).toString("latin1");
    const entry = {
      ...file("out/a.tar"),
      type: "file" as const,
      size: bytes.length,
      content: Buffer.from(bytes, "latin1"),
    };
    const sources = [await bench.tree(dir("out"), entry)];
    const action = extract(bench, "/out/a.tar", "/", { source: { type: "input", input: 0 } });
    expect(await bench.run(action, { sources })).toEqual(members);
  });

  it.each([
    ["text", "no archive, but long enough to be one? ".repeat(40), "ARCHIVE_UNREADABLE"],
    ["a.gz", "\x1f\x8bnot gzip", "ARCHIVE_UNREADABLE"],
    ["a.xz", "\xfd7zXZ\0 but no more", "ARCHIVE_UNREADABLE"],
    ["a.bz2", "BZh91AY&SY", "ARCHIVE_UNREADABLE"],
  ])("is refused if it is %s", async (name, text, code) => {
    await using bench = await workbench();
    fs.writeFileSync(path.join(bench.directory, name), text, "latin1");
    await expect(bench.run(extract(bench, name, "/"))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(name) as string,
    });
  });

  it.skipIf(!requires("bzip2"))(
    "is refused if a bit of its bzip2 is wrong, or its end is missing",
    async () => {
      await using bench = await workbench();
      const at = (name: string) => path.join(bench.directory, name);
      fs.writeFileSync(at("data"), randomBytes(300_000));
      execFileSync("tar", ["-cf", at("a.tar.bz2"), "--bzip2", "-C", bench.directory, "data"]);
      const whole = fs.readFileSync(at("a.tar.bz2"));
      const flipped = Buffer.from(whole);
      flipped[150_000] = (flipped[150_000] ?? 0) ^ 1;
      fs.writeFileSync(at("flipped"), flipped);
      fs.writeFileSync(at("cut"), whole.subarray(0, -3));
      expect(await bench.run(extract(bench, "a.tar.bz2", "/"))).toHaveLength(1);
      for (const name of ["flipped", "cut"]) {
        await expect(bench.run(extract(bench, name, "/"))).rejects.toMatchObject({
          code: "ARCHIVE_UNREADABLE",
        });
      }
    },
  );

  it("must be there, and be one file", async () => {
    await using bench = await workbench();
    bench.write({ "d/x.tar": "", "d/y.tar": "" });
    for (const name of ["none.tar", "d", "d/*.tar"]) {
      await expect(bench.run(extract(bench, name, "/"))).rejects.toMatchObject({ code: "COPY_NO_MATCH" });
    }
    await expect(bench.run(extract(bench, "../x.tar", "/"))).rejects.toMatchObject({
      code: "PATH_OUTSIDE_CONTEXT",
    });
  });

  it("may hold no names that mean removals", async () => {
    await using bench = await workbench();
    bench.write({ ".wh.x": "" });
    execFileSync("tar", ["-cf", path.join(bench.directory, "a.tar"), "-C", bench.directory, ".wh.x"]);
    await expect(bench.run(extract(bench, "a.tar", "/"))).rejects.toMatchObject({
      code: "FILE_NAME_RESERVED",
    });
  });
});
