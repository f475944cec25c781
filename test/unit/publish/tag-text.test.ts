import { expect, it } from "vitest";
import { tagText } from "../../../core/publish/tags/tag-text.ts";

it.each([
  ["feature/one", "feature-one"],
  ["..hidden", "hidden"],
  ["été 2", "t-2"],
  ["a".repeat(128), "a".repeat(128)],
  ["///", undefined],
  ["", undefined],
])("%j becomes a tag", (text, expected) => {
  expect(tagText(text)).toBe(expected);
});

it("a text that is too long is cut, and ends in a hash of all of it: two that differ at the end stay two", () => {
  const [one = "", two = ""] = ["x", "y"].map((end) => tagText(`${"a".repeat(200)}${end}`));
  expect(one).toMatch(/^a{119}-[0-9a-f]{8}$/);
  expect(two).toMatch(/^a{119}-[0-9a-f]{8}$/);
  expect(one).not.toBe(two);
});
