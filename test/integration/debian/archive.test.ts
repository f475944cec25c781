import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { normalizeOptions, type DebianOptions } from "../../../plugins/debian/options.ts";
import { resolve } from "../../../plugins/debian/resolve.ts";
import { type DebianMirror, debianMirror, newKey } from "../../support/debian-mirror.ts";
import { sourceContext, type TestSourceContext } from "../../support/source-context.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

let mirror: DebianMirror;
let tmp: ReturnType<typeof temporaryDirectory>;
let context: TestSourceContext;
const platform = { os: "linux", architecture: "amd64" };

beforeEach(async () => {
  mirror = await debianMirror();
  tmp = temporaryDirectory();
  fs.writeFileSync(path.join(tmp.path, "key.asc"), mirror.publicKey);
  context = sourceContext(tmp.path, { platform });
});
afterEach(async () => {
  await mirror[Symbol.asyncDispose]();
  await tmp[Symbol.asyncDispose]();
});

const lock = (options: Partial<DebianOptions> = {}) =>
  resolve(
    normalizeOptions({
      packages: ["a"],
      suite: "test",
      mirror: mirror.url,
      keyring: path.join(tmp.path, "key.asc"),
      ...options,
    }),
    context,
  );
const packages = [{ name: "a", fields: { Depends: "b" } }, { name: "b" }];

/** Changes what the mirror serves at a path. */
function edit(file: string, change: (text: string) => string): void {
  const key = `/debian/${file}`;
  const before = Buffer.from(mirror.files.get(key) ?? "").toString("latin1");
  const after = change(before);
  expect(after).not.toBe(before);
  mirror.files.set(key, Buffer.from(after, "latin1"));
}

describe("a mirror", () => {
  it("gives what its signed index vouches for; no host is in the lock entry", async () => {
    await mirror.publish("test", packages);
    const locked = await lock();
    expect(locked).toMatchObject({ suite: "test", arch: "amd64" });
    expect(locked.packages.map(({ name, version, file }) => [name, version, file])).toEqual([
      ["a", "1", "pool/main/a.deb"],
      ["b", "1", "pool/main/b.deb"],
    ]);
    expect(JSON.stringify(locked)).not.toContain("127.0.0.1");
    expect(context.warnings).toEqual([expect.stringContaining("no test-updates")]);
  });

  it("has updates beside the suite, and the newest version counts", async () => {
    await mirror.publish("test", packages);
    await mirror.publish("test-updates", [{ name: "b", version: "1+deb1" }]);
    const locked = await lock();
    expect(locked.packages[1]).toMatchObject({ name: "b", version: "1+deb1", archive: "updates" });
    expect(locked.packages[0]).not.toHaveProperty("archive");
  });

  it("is refused when one byte of the signed text differs", async () => {
    await mirror.publish("test", packages);
    edit("dists/test/InRelease", (text) => text.replace("Origin: Debian", "Origin: Debiam"));
    await expect(lock()).rejects.toMatchObject({ code: "DEBIAN_INDEX_UNTRUSTED" });
  });

  it("is refused when another key signed, when nobody signed, and when text stands before the signed one", async () => {
    await mirror.publish("test", packages);
    fs.writeFileSync(path.join(tmp.path, "other.asc"), (await newKey()).publicKey.armor());
    await expect(lock({ keyring: path.join(tmp.path, "other.asc") })).rejects.toMatchObject({
      code: "DEBIAN_INDEX_UNTRUSTED",
      message: expect.stringContaining("is not trusted") as string,
    });
    const signed = mirror.files.get("/debian/dists/test/InRelease") ?? new Uint8Array();
    edit("dists/test/InRelease", (text) => `Codename: test\n\n${text}`);
    await expect(lock()).rejects.toMatchObject({ code: "DEBIAN_INDEX_UNTRUSTED" });
    mirror.files.set(
      "/debian/dists/test/InRelease",
      Buffer.from(
        Buffer.from(signed)
          .toString()
          .replace(/^-----BEGIN.*\n.*\n\n|-----BEGIN PGP SIG[\s\S]*/g, ""),
      ),
    );
    await expect(lock()).rejects.toMatchObject({
      code: "DEBIAN_INDEX_UNTRUSTED",
      message: expect.stringContaining("is not signed") as string,
    });
  });

  it("is refused past its Valid-Until, unless that is allowed", async () => {
    await mirror.publish("test", packages, { "Valid-Until": new Date(Date.now() - 1000).toUTCString() });
    await expect(lock()).rejects.toMatchObject({ code: "DEBIAN_INDEX_EXPIRED" });
    expect((await lock({ allowExpired: true })).packages).toHaveLength(2);
    expect(context.warnings).toContainEqual(expect.stringContaining("was valid until"));
  });

  it("is refused when it is from the future", async () => {
    await mirror.publish("test", packages, { Date: new Date(Date.now() + 86_400_000).toUTCString() });
    await expect(lock()).rejects.toMatchObject({ code: "DEBIAN_INDEX_EXPIRED" });
  });

  it("is refused when it gives another suite's index, rightly signed as it may be", async () => {
    await mirror.publish("test", packages, { Codename: "older", Suite: "oldstable" });
    await expect(lock()).rejects.toMatchObject({
      code: "DEBIAN_INDEX_INVALID",
      message: expect.stringContaining("older") as string,
    });
  });

  it("is refused when its package list is not the one that was signed", async () => {
    await mirror.publish("test", packages);
    edit("dists/test/main/binary-amd64/Packages.gz", (text) => `${text.slice(0, -1)}\u0001`);
    await expect(lock()).rejects.toThrow(/is not [0-9a-f]{64}/);
  });

  it("that lacks the suite, the component or the architecture says so", async () => {
    await expect(lock()).rejects.toMatchObject({
      code: "DEBIAN_INDEX_MISSING",
      message: expect.stringContaining("InRelease") as string,
    });
    await mirror.publish("test", packages);
    await expect(lock({ components: ["contrib"] })).rejects.toMatchObject({ code: "DEBIAN_INDEX_MISSING" });
    await expect(lock({ arch: "s390x" })).rejects.toMatchObject({
      code: "DEBIAN_INDEX_MISSING",
      hint: expect.stringContaining("amd64") as string,
    });
  });

  it("may be given by the configuration", async () => {
    await mirror.publish("test", packages);
    const spec = normalizeOptions({
      packages: ["b"],
      suite: "test",
      keyring: path.join(tmp.path, "key.asc"),
    });
    const configured = sourceContext(tmp.path, { platform, options: { mirror: mirror.url } });
    expect((await resolve(spec, configured)).packages).toHaveLength(1);
    const wrong = sourceContext(tmp.path, { platform, options: { mirror: 7 } });
    await expect(resolve(spec, wrong)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
