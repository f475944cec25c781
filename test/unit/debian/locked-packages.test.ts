import { describe, expect, it } from "vitest";
import { debianPlugin } from "../../../plugins/debian/plugin.ts";
import { sourceContext } from "../../support/source-context.ts";

const sha256 = "a".repeat(64);
const lock = {
  suite: "bookworm",
  arch: "amd64",
  date: "2026-01-01T00:00:00.000Z",
  packages: [
    {
      name: "libstdc++6",
      version: "12.2.0-14+deb12u1",
      file: "pool/libstdc++6_12.2.0-14_amd64.deb",
      sha256,
      size: 1,
    },
    { name: "tzdata", version: "2024a-0+deb12u1", file: "pool/tzdata_2024a-0_all.deb", sha256, size: 1 },
    { name: "login", version: "1:4.13", file: "pool/login", sha256, size: 1 },
  ],
};

describe("packages of debian()", () => {
  it("are those of its lock entry, each by a package URL", async () => {
    const context = sourceContext("/workspace", { platform: { os: "linux", architecture: "amd64" } });
    const found = await debianPlugin.packages?.({}, lock, context);
    expect(found?.map(({ purl }) => purl)).toEqual([
      "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=bookworm",
      "pkg:deb/debian/tzdata@2024a-0%2Bdeb12u1?arch=all&distro=bookworm",
      "pkg:deb/debian/login@1%3A4.13?arch=amd64&distro=bookworm",
    ]);
    expect(found?.[0]).toMatchObject({
      name: "libstdc++6",
      version: "12.2.0-14+deb12u1",
      checksums: { sha256 },
    });
    await expect(
      (async () => debianPlugin.packages?.({}, { ...lock, packages: 1 }, context))(),
    ).rejects.toMatchObject({
      code: "DEBIAN_LOCK_INVALID",
    });
  });
});
