import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { mediaTypes } from "../../../core/oci/spec/media-types.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** A file system of its own of 2 MiB. */
function smallDisk() {
  const tmp = temporaryDirectory();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=755", "tsdock-test", tmp.path]);
  const dispose = async (): Promise<void> => {
    execFileSync("umount", [tmp.path]);
    await tmp[Symbol.asyncDispose]();
  };
  return { path: tmp.path, [Symbol.asyncDispose]: dispose };
}

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  for (let number = 0; number < count; number++) yield await Promise.resolve(Buffer.alloc(1 << 20, number));
}

/** Leaves not a block. */
function fill(directory: string): string {
  const file = path.join(directory, "filler");
  const descriptor = fs.openSync(file, "w");
  try {
    for (;;) fs.writeSync(descriptor, Buffer.alloc(4096));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
  } finally {
    fs.closeSync(descriptor);
  }
  return file;
}

describe.skipIf(!requires("root"))("a full disk", () => {
  it("is said so, and nothing half-written is kept", async () => {
    await using disk = smallDisk();
    await using store = await Store.open(path.join(disk.path, "store"));
    const full: unknown = expect.objectContaining({ code: "DISK_FULL" });
    const kept = await store.blobs.put("kept");
    const descriptor = { mediaType: mediaTypes.manifest, digest: kept, size: 4 };
    await store.images.set([{ name: "web:1", descriptor }]);
    await store.actions.put("abcd", { version: 1, layer: null, ms: 1 });

    await expect(store.blobs.putStream(megabytes(4))).rejects.toEqual(full);
    expect(fs.readdirSync(path.join(store.directory, "blobs", "sha256"))).toHaveLength(1);

    const filler = fill(disk.path);
    await expect(store.blobs.put("x".repeat(10_000))).rejects.toEqual(full);
    await expect(store.actions.put("abcd", { version: 1, layer: null, ms: 2 })).rejects.toEqual(full);
    await expect(store.images.set([{ name: "api:1", descriptor }])).rejects.toEqual(full);
    await expect(store.compressed.put(kept, { descriptor, repositories: [] })).rejects.toEqual(full);
    expect(() => store.contexts.put("key", Buffer.alloc(5000))).toThrow(full);

    fs.rmSync(filler);
    expect(store.actions.get("abcd")).toEqual({ version: 1, layer: null, ms: 1 });
    expect(store.images.list().map((image) => image.name)).toEqual(["web:1"]);
    expect(await store.blobs.put("x".repeat(10_000))).toBe(digestOf("x".repeat(10_000)));
    await store.images.set([{ name: "api:1", descriptor }]);
    expect(fs.readdirSync(path.join(store.directory, "locks"))).toEqual([]);
  });

  it("is said so when a store is made", async () => {
    await using disk = smallDisk();
    fill(disk.path);
    await expect(Store.open(path.join(disk.path, "store"))).rejects.toMatchObject({ code: "DISK_FULL" });
  });
});
