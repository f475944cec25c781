import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAr } from "../../../plugins/debian/package/ar.ts";
import { readPackage } from "../../../plugins/debian/package/read-package.ts";
import { readTar } from "../../../plugins/debian/package/tar.ts";
import {
  controlText,
  directoryEntry,
  fileEntry,
  linkEntry,
  makePackage,
} from "../../support/make-package.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const signal = new AbortController().signal;
const entries = [directoryEntry("usr"), fileEntry("usr/a", "content"), linkEntry("usr/l", "../a")];

describe("a package", () => {
  it("is read from memory", async () => {
    await using tmp = temporaryDirectory();
    const file = path.join(tmp.path, "a.deb");
    fs.writeFileSync(file, makePackage("a", entries, { control: { conffiles: "/usr/a\n" } }));
    const pkg = await readPackage(file, "a", signal);
    expect(pkg).toMatchObject({ name: "a", version: "1", architecture: "amd64" });
    expect([...pkg.controlFiles.keys()]).toEqual(["conffiles"]);
    expect(pkg.entries.map(({ type, path: name }) => `${type} ${name}`)).toEqual([
      "directory usr",
      "file usr/a",
      "symlink usr/l",
    ]);
  });

  it.skipIf(!fs.existsSync("/usr/bin/dpkg-deb")).each(["gzip", "xz", "zstd", "none"])(
    "is read as dpkg-deb writes it with %s",
    async (compression) => {
      await using tmp = temporaryDirectory();
      const long = `usr/share/${"long/".repeat(40)}name-that-does-not-fit-in-a-header-${"x".repeat(60)}`;
      const source = path.join(tmp.path, "source");
      for (const [name, text] of [
        ["DEBIAN/control", controlText("a")],
        [long, "deep"],
        ["usr/bin/a", "#!/bin/sh\n"],
      ] as const) {
        fs.mkdirSync(path.dirname(path.join(source, name)), { recursive: true });
        fs.writeFileSync(path.join(source, name), text);
      }
      fs.chmodSync(path.join(source, "usr/bin/a"), 0o4755);
      fs.linkSync(path.join(source, "usr/bin/a"), path.join(source, "usr/bin/b"));
      fs.symlinkSync(`/${long}`, path.join(source, "usr/bin/link"));
      fs.writeFileSync(path.join(source, "usr/big"), Buffer.alloc(3_000_000, "big "));
      const file = path.join(tmp.path, "a.deb");
      execFileSync("dpkg-deb", [`-Z${compression}`, "--root-owner-group", "-b", source, file], {
        stdio: "ignore",
      });
      const pkg = await readPackage(file, "a", signal);
      const byPath = new Map(pkg.entries.map((entry) => [entry.path, entry]));
      expect(byPath.get(long)).toMatchObject({ type: "file", size: 4 });
      expect(byPath.get("usr/bin/link")).toMatchObject({ type: "symlink", target: `/${long}` });
      expect([byPath.get("usr/bin/a"), byPath.get("usr/bin/b")].map((entry) => entry?.type).sort()).toEqual([
        "file",
        "hardlink",
      ]);
      expect(byPath.get("usr/bin/a")?.mode).toBe(0o4755);
      expect(
        Buffer.from((byPath.get("usr/big") as { content: Uint8Array }).content).equals(
          Buffer.alloc(3_000_000, "big "),
        ),
      ).toBe(true);
    },
  );

  it("that is damaged is refused, never misread", async () => {
    const whole = makePackage("a", entries);
    await using tmp = temporaryDirectory();
    const file = path.join(tmp.path, "a.deb");
    for (const length of [0, 7, 60, 100, 300, 1500]) {
      fs.writeFileSync(file, whole.subarray(0, length));
      await expect(readPackage(file, "a", signal)).rejects.toMatchObject({ code: "DEBIAN_PACKAGE_INVALID" });
    }
  });

  it("with any bytes in its place gives a typed error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        for (const read of [
          () => readAr(Buffer.concat([Buffer.from("!<arch>\n"), bytes]), "a"),
          () => readTar(bytes),
        ]) {
          try {
            read();
          } catch (error) {
            expect(error).toMatchObject({ code: "DEBIAN_PACKAGE_INVALID" });
          }
        }
      }),
    );
  });

  it("whose files would leave the root is refused", () => {
    const header = (name: string): Buffer => {
      const block = Buffer.alloc(1536);
      block.write(name, 0);
      block.write("0000644\0", 100);
      block.write("0000000\0".repeat(2), 108);
      block.write("00000000000\0".repeat(2), 124);
      block.write("        0", 148);
      block.write(
        `${block
          .subarray(0, 512)
          .reduce((sum, byte) => sum + byte, 0)
          .toString(8)
          .padStart(6, "0")}\0 `,
        148,
      );
      return block;
    };
    expect(readTar(header("./a")).map((entry) => entry.path)).toEqual(["a"]);
    expect(() => readTar(header("./../a"))).toThrow(
      expect.objectContaining({ code: "DEBIAN_PACKAGE_INVALID" }),
    );
  });
});
