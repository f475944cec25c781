import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { metadataAction } from "../../../core/declare/metadata-action.ts";
import type { ReleaseEvent } from "../../../core/publish/facts/release-facts.ts";
import { decideRolling } from "../../../core/publish/tags/version-line.ts";
import { wantedTags } from "../../../core/publish/tags/wanted-tags.ts";
import { api, releaseFacts } from "./release-facts.ts";

interface Vector {
  readonly name: string;
  readonly ref: string;
  readonly event?: ReleaseEvent;
  readonly tags: readonly string[];
  readonly flavor: readonly string[];
  readonly out?: readonly string[];
  readonly version?: string | null;
  readonly error?: string;
  /** How our rules differ, where they do. */
  readonly differs?: string;
}

const file = new URL("../../fixtures/publish/tag-vectors.jsonl", import.meta.url);
const vectors = fs
  .readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Vector);

const long = "x".repeat(119);

/** What our rules give where they differ from docker/metadata-action on purpose. */
const ours: Readonly<Record<string, readonly string[]>> = {
  // The same is wanted; what is published decides: see below.
  "backport moves latest": ["1.1.1", "1.1", "1", "latest"],
  "default rules, tag": ["v2.0.8-beta.67"],
  "changesets tag": ["1.2.3", "1.2", "1", "latest"],
  "release-please tag": ["1.2.3", "1.2", "1", "latest"],
  "sha first kills latest": ["sha-860c190", "1.2.3", "1.2", "1", "latest"],
  "schedule first on tag ref?": ["nightly", "1.2.3", "1.2", "1", "latest"],
  "latest=true on PR": ["pr-2"],
  long: [`${long}-f5e19a4c`],
  "dup raw latest + auto": ["1.2.3", "1.2", "1", "latest"],
  "html escape in expr": ["a-b-c", "x-a-b-c"],
};

function tagsOf({ ref, event, tags, flavor }: Vector) {
  return wantedTags(metadataAction(tags, flavor), releaseFacts({ ref, event: event ?? "push" }), api);
}

describe("vectors of docker/metadata-action", () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (name, vector) => {
    const { tags, problems, version } = tagsOf(vector);
    if (vector.error !== undefined) {
      expect(problems.map(({ code }) => code)).toEqual(["TAG_RULE_INVALID"]);
      return;
    }
    expect(problems).toEqual([]);
    expect(vector.differs === undefined).toBe(ours[name] === undefined);
    expect(tags.map(({ tag }) => tag)).toEqual(ours[name] ?? vector.out);
    if (vector.differs === undefined) expect(version ?? null).toBe(vector.version);
  });

  test("all of them are here", () => {
    expect(vectors).toHaveLength(29);
    for (const name of Object.keys(ours)) expect(vectors.map((vector) => vector.name)).toContain(name);
  });

  test("a backport moves only what nothing newer is published of", () => {
    const backport = vectors.find(({ name }) => name === "backport moves latest");
    const { tags } = tagsOf(backport as Vector);
    const published = ["1.1.0", "1.1", "1", "2.5.2", "2.5", "2", "latest"];
    const decide = (tag: string) => {
      const wanted = tags.find((one) => one.tag === tag);
      return wanted && decideRolling(wanted, published);
    };
    expect(decide("1.1")?.action).toBe("move");
    expect(decide("1")?.action).toBe("move");
    expect(decide("latest")).toEqual({
      action: "skip",
      reason: "2.5.2 is published and newer than 1.1.1",
    });
  });
});
