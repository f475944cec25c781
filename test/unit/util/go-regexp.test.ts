import { describe, expect, it } from "vitest";
import { goRegExp } from "../../../core/util/go-regexp.ts";

/** Pattern, text, and whether Go's `regexp.MatchString` says yes. */
const vectors: readonly (readonly [string, string, boolean])[] = [
  [".*Usage.*", "a\nUsage: x\n", true],
  ["^b$", "a\nb\n", false],
  ["(?m)^b$", "a\nb\n", true],
  ["(?i)HELLO", "hello", true],
  ["(?is)a.b", "A\nB", true],
  ["a.b", "a\nb", false],
  ["\\Aa\\z", "a", true],
  ["\\Aa\\z", "a\n", false],
  ["(?m)\\Ab", "a\nb", false],
  ["\\Q1.2\\E", "1.2", true],
  ["\\Q1.2\\E", "1x2", false],
  ["[[:alpha:]_]+[[:digit:]]", "ab_1", true],
  ["^[[:space:]]$", "\v", true],
  ["^\\s$", "\v", false],
  ["^\\s$", "\u00a0", false],
  ["(?P<year>\\d{4})-x", "2026-x", true],
  ["archive\\.ubuntu\\.com", "http://archive.ubuntu.com/", true],
  ["a\\-b\\_c\\/d", "a-b_c/d", true],
  ['{"a": 1}', '{"a": 1}', true],
  ["a{2}", "aa", true],
  ["a{,2}", "a{,2}", true],
  ["[]a]", "]", true],
  ["[^]a]", "]", false],
  ["[a\\-z]", "-", true],
  ["[a-]", "-", true],
  ["\\pL\\p{Greek}", "aβ", true],
  ["^.$", "😀", true],
  ["\\x41\\x{1F600}", "A😀", true],
  ["^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}$", "2026-01-31T12:00:00.123456", true],
];

describe("patterns of Go", () => {
  it.each(vectors)("%j on %j: %s", (pattern, text, matches) => {
    expect(goRegExp(pattern).test(text)).toBe(matches);
  });

  it.each(["(?=a)", "(?<!a)b", "(a)\\1", "[a", "a\\", "(", "a**", "(?U)a", "(?i:a)", "\\C", "[z-a]"])(
    "%j is refused",
    (pattern) => {
      expect(() => goRegExp(pattern)).toThrow(SyntaxError);
    },
  );
});
