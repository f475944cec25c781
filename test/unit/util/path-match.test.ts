import { describe, expect, it } from "vitest";
import { pathMatcher } from "../../../core/util/path-match.ts";

describe("pathMatcher", () => {
  it.each([
    ["*premier-programme", "premier-programme", true],
    ["*", "a/b", false],
    ["*/*", "a/b", true],
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["[a-c]x", "bx", true],
    ["[^a-c]x", "bx", false],
    ["[a\\-c]x", "-x", true],
    ["[a\\-c]x", "bx", false],
    ["a\\*", "a*", true],
    ["a\\*", "ab", false],
    ["a.c", "abc", false],
    ["a+(b)|c{1}$", "a+(b)|c{1}$", true],
    ["é*", "éà", true],
  ])("%s and %s: %s", (pattern, text, matches) => {
    expect(pathMatcher(pattern)?.(text)).toBe(matches);
  });

  it.each(["[", "[]", "[a", "a\\", "[b-a]"])("%s is malformed", (pattern) => {
    expect(pathMatcher(pattern)).toBeUndefined();
  });
});
