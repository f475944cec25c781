import { describe, expect, it } from "vitest";
import { githubOutputs, githubSummary } from "../../../core/publish/record/ci-outputs.ts";
import { releaseRecord } from "../../../core/publish/record/release-record.ts";
import type { PublishResult } from "../../../core/publish/publish-result.ts";

const digest = `sha256:${"a".repeat(64)}` as const;
const result: PublishResult = {
  destination: "registry.example/acme",
  facts: [
    { name: "revision", value: "c0ffee", source: "git" },
    { name: "branch", value: "a|b", source: "GITHUB_REF" },
  ],
  images: [
    {
      name: "web",
      repository: "registry.example/acme/web",
      digest,
      imageId: digest,
      platforms: [{ platform: "linux/amd64", digest, imageId: digest }],
      tags: [
        { tag: "1.2.3", class: "immutable", reason: "v1.2.3", from: null, to: digest, action: "create" },
        { tag: "latest", class: "rolling", reason: "2.0.0 | is newer", from: null, to: null, action: "skip" },
      ],
    },
  ],
  blobs: { uploaded: 1, mounted: 0, existing: 0, bytes: 10 },
  ms: 5,
};

/** Reads outputs as the runner does: `NAME<<DELIMITER`, lines, `DELIMITER`. */
const outputs = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/^(\w+)<<(\S+)\n([\s\S]*?)\n\2\n/gm)].map(([, name, , value]) => [name, value]),
  );

describe("what CI gets of a release", () => {
  it("is outputs that hold whatever is in them", () => {
    const read = outputs(githubOutputs(result, "/work/tsdock-release.json"));
    expect(read).toEqual({
      record: "/work/tsdock-release.json",
      images: JSON.stringify([`registry.example/acme/web@${digest}`]),
      digests: JSON.stringify({ web: digest }),
      digest,
    });
    const first = githubOutputs(result, "x").split("\n")[0];
    expect(githubOutputs(result, "x").split("\n")[0]).not.toBe(first);
  });

  it("is a table whose cells stay cells", () => {
    const summary = githubSummary(result);
    expect(summary).toContain("| `web` | `registry.example/acme/web:1.2.3` | immutable | create | v1.2.3 |");
    expect(summary).toContain("2.0.0 \\| is newer");
    expect(summary).toContain("- branch: `a\\|b` (GITHUB_REF)");
  });

  it("is a record without what was skipped", () => {
    const record = releaseRecord(result);
    expect(record).toMatchObject({ version: 1, revision: "c0ffee", destination: "registry.example/acme" });
    expect(record.images[0]?.references).toEqual(["registry.example/acme/web:1.2.3"]);
  });
});
