import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { decompress, unxzHere } from "../../../plugins/debian/package/decompress.ts";
import { unxzWith, xzProgram } from "../../../plugins/debian/package/xz-program.ts";
import { requires } from "../../support/requires.ts";

const signal = new AbortController().signal;

describe.skipIf(!requires("xz"))("xz", () => {
  // Too long to be unpacked here where the machine has xz.
  const plain = Buffer.concat([randomBytes(300_000), Buffer.alloc(3_000_000, "again ")]);
  let packed: Buffer;
  beforeAll(() => {
    packed = execFileSync("xz", ["-1", "--stdout"], { input: plain });
  });

  it("is unpacked alike by the machine's program and by ours", async () => {
    const program = xzProgram();
    expect(program).toBeDefined();
    expect(plain.equals(await unxzWith(program ?? "", packed, signal))).toBe(true);
    expect(plain.equals(await unxzHere(packed, signal))).toBe(true);
    expect(plain.equals(await decompress("data.tar.xz", packed, signal))).toBe(true);
  });

  it("is refused where it is cut short, changed or something else, however long it is", async () => {
    const changed = Buffer.from(packed);
    changed.writeUInt16LE(changed.readUInt16LE(150_000) ^ 0xffff, 150_000);
    for (const broken of [packed.subarray(0, 200_000), changed, randomBytes(2_000_000), randomBytes(200)]) {
      await expect(decompress("data.tar.xz", broken, signal)).rejects.toThrow(
        expect.objectContaining({ code: "DEBIAN_PACKAGE_INVALID" }),
      );
    }
  });

  it("is given up when nobody wants it any more", async () => {
    const aborting = new AbortController();
    const unpacking = decompress("data.tar.xz", packed, aborting.signal);
    aborting.abort(new Error("stopped"));
    await expect(unpacking).rejects.toThrow("stopped");
  });
});
