import { describe, expect, it } from "vitest";
import { group, image, scratch, sha } from "tsdock";
import type { TagsConfig } from "../../../core/config/define-config.ts";
import type { TagsOption } from "../../../core/declare/tag-rule.ts";
import { compile } from "../../../core/graph/compile.ts";
import { imageSettings } from "../../../core/publish/tags/image-settings.ts";
import { api } from "./release-facts.ts";

const place = () => ({ file: "tsdock.config.ts", line: 1, column: 1 });
const groupOf = (name: string, tags: TagsOption, images = ["api"]) => ({
  name,
  tags,
  images: new Set(images),
  place,
});
const shown = (config: TagsConfig | undefined, groups: readonly ReturnType<typeof groupOf>[] = []) =>
  imageSettings(api, { config, place, groups })?.rules.map(({ source }) =>
    source.type === "raw" ? source.value : source.type,
  );

describe("the rules of an image", () => {
  it("are the function's, else its group's, else the workspace's", () => {
    const nightly = groupOf("nightly", ["nightly"]);
    expect(shown(["stable"])).toEqual(["stable"]);
    expect(shown(["stable"], [nightly])).toEqual(["nightly"]);
    expect(shown(({ name }) => [name, "type=sha"], [nightly])).toEqual(["api", "sha"]);
    expect(shown(() => undefined, [nightly])).toEqual(["nightly"]);
    expect(shown(() => undefined)).toBeUndefined();
    expect(shown(["stable"], [groupOf("others", ["x"], ["web"])])).toEqual(["stable"]);
  });

  it.each<[string, TagsConfig | undefined, readonly ReturnType<typeof groupOf>[], RegExp]>([
    ["two groups with tags", undefined, [groupOf("a", ["x"]), groupOf("b", ["y"])], /in the groups a and b/],
    ["a function that gives no list", (() => "x") as never, [], /gives for api must be a list/],
    ["a function that gives a wrong tag", () => ["-x"], [], /gives for api, at 0, must be a tag/],
    [
      "a function that fails",
      () => {
        throw new Error("no");
      },
      [],
      /`tags` failed for api: no/,
    ],
  ])("%s is an error with its place", (_, config, groups, message) => {
    expect(() => shown(config, groups)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        place: place(),
        message: expect.stringMatching(message),
      }),
    );
  });
});

describe("tags of a group", () => {
  const web = image().from(scratch).file("/a", "b");
  const compiled = (tags?: TagsOption) =>
    compile({
      modules: [
        {
          file: "/ws/web.image.ts",
          exports: { web, all: group("all", [web], tags === undefined ? {} : { tags }) },
          place: () => undefined,
        },
      ],
      platforms: [{ os: "linux", architecture: "amd64" }],
      findPackageDirectory: () => "/ws",
      workspace: "/ws",
    });

  it("are no part of the graph", () => {
    const [without, tagged] = [compiled(), compiled([sha()])];
    expect([...tagged.definition.vertices.keys()]).toEqual([...without.definition.vertices.keys()]);
    expect(tagged.groupTags.map(({ group }) => group)).toEqual(["all"]);
    expect(without.groupTags).toEqual([]);
  });

  it("that are none are reported where the group is made", () => {
    const [error] = compiled(["-x", 1 as never]).errors;
    expect(error).toMatchObject({ code: "DECLARATION_INVALID" });
    expect(error?.message).toMatch(/^tags\.0 of the group all must be a tag/);
    expect(error?.place?.file).toMatch(/image-settings\.test\.ts$/);
  });
});
