import { describe, expect, it } from "vitest";
import { IgnoreMatcher, matcherOf, parseIgnoreFile } from "../../../core/build/context/ignore-patterns.ts";
import { cleanPath } from "../../../core/build/context/pattern-syntax.ts";

/** What moby/patternmatcher answers for one pattern: `yes`, `no`, or `parent` where only a parent of the path matches. */
const single: readonly (readonly [pattern: string, path: string, answer: "yes" | "no" | "parent"])[] = [
  ["**", "file", "yes"],
  ["**", "file/", "yes"],
  ["**/", "file", "yes"],
  ["**/", "file/", "yes"],
  ["**", "dir/file", "yes"],
  ["**/", "dir/file", "yes"],
  ["**", "dir/file/", "yes"],
  ["**/", "dir/file/", "yes"],
  ["**/**", "dir/file", "yes"],
  ["**/**", "dir/file/", "yes"],
  ["dir/**", "dir/file", "yes"],
  ["dir/**", "dir/file/", "yes"],
  ["dir/**", "dir/dir2/file", "yes"],
  ["dir/**", "dir/dir2/file/", "yes"],
  ["**/dir", "dir", "yes"],
  ["**/dir", "dir/file", "parent"],
  ["**/dir2/*", "dir/dir2/file", "yes"],
  ["**/dir2/*", "dir/dir2/file/", "parent"],
  ["**/dir2/**", "dir/dir2/dir3/file", "yes"],
  ["**/dir2/**", "dir/dir2/dir3/file/", "yes"],
  ["**file", "file", "yes"],
  ["**file", "dir/file", "yes"],
  ["**/file", "dir/file", "yes"],
  ["**file", "dir/dir/file", "yes"],
  ["**/file", "dir/dir/file", "yes"],
  ["**/file*", "dir/dir/file", "yes"],
  ["**/file*", "dir/dir/file.txt", "yes"],
  ["**/file*txt", "dir/dir/file.txt", "yes"],
  ["**/file*.txt", "dir/dir/file.txt", "yes"],
  ["**/file*.txt*", "dir/dir/file.txt", "yes"],
  ["**/**/*.txt", "dir/dir/file.txt", "yes"],
  ["**/**/*.txt2", "dir/dir/file.txt", "no"],
  ["**/*.txt", "file.txt", "yes"],
  ["**/**/*.txt", "file.txt", "yes"],
  ["a**/*.txt", "a/file.txt", "yes"],
  ["a**/*.txt", "a/dir/file.txt", "yes"],
  ["a**/*.txt", "a/dir/dir/file.txt", "yes"],
  ["a/*.txt", "a/dir/file.txt", "no"],
  ["a/*.txt", "a/file.txt", "yes"],
  ["a/*.txt**", "a/file.txt", "yes"],
  ["a[b-d]e", "ae", "no"],
  ["a[b-d]e", "ace", "yes"],
  ["a[b-d]e", "aae", "no"],
  ["a[^b-d]e", "aze", "yes"],
  [".*", ".foo", "yes"],
  [".*", "foo", "no"],
  ["abc.def", "abcdef", "no"],
  ["abc.def", "abc.def", "yes"],
  ["abc.def", "abcZdef", "no"],
  ["abc?def", "abcZdef", "yes"],
  ["abc?def", "abcdef", "no"],
  ["a\\\\", "a\\", "yes"],
  ["a\\*b", "a*b", "yes"],
  ["**/foo/bar", "foo/bar", "yes"],
  ["**/foo/bar", "dir/foo/bar", "yes"],
  ["**/foo/bar", "dir/dir2/foo/bar", "yes"],
  ["abc/**", "abc", "no"],
  ["abc/**", "abc/def", "yes"],
  ["abc/**", "abc/def/ghi", "yes"],
  ["**/.foo", ".foo", "yes"],
  ["**/.foo", "bar.foo", "no"],
  ["a(b)c/def", "a(b)c/def", "yes"],
  ["a(b)c/def", "a(b)c/xyz", "no"],
  ["a.|)$(}+{bc", "a.|)$(}+{bc", "yes"],
  [
    "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl",
    "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl",
    "yes",
  ],
  ["dist/*.whl", "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl", "yes"],
  // Go's own table for filepath.Match, as moby has it.
  ["abc", "abc", "yes"],
  ["*", "abc", "yes"],
  ["*c", "abc", "yes"],
  ["a*", "a", "yes"],
  ["a*", "abc", "yes"],
  ["a*", "ab/c", "parent"],
  ["a*/b", "abc/b", "yes"],
  ["a*/b", "a/c/b", "no"],
  ["a*b*c*d*e*/f", "axbxcxdxe/f", "yes"],
  ["a*b*c*d*e*/f", "axbxcxdxexxx/f", "yes"],
  ["a*b*c*d*e*/f", "axbxcxdxe/xxx/f", "no"],
  ["a*b*c*d*e*/f", "axbxcxdxexxx/fff", "no"],
  ["a*b?c*x", "abxbbxdbxebxczzx", "yes"],
  ["a*b?c*x", "abxbbxdbxebxczzy", "no"],
  ["ab[c]", "abc", "yes"],
  ["ab[b-d]", "abc", "yes"],
  ["ab[e-g]", "abc", "no"],
  ["ab[^c]", "abc", "no"],
  ["ab[^b-d]", "abc", "no"],
  ["ab[^e-g]", "abc", "yes"],
  ["a\\*b", "ab", "no"],
  ["a?b", "a☺b", "yes"],
  ["a[^a]b", "a☺b", "yes"],
  ["a???b", "a☺b", "no"],
  ["a[^a][^a][^a]b", "a☺b", "no"],
  ["[a-ζ]*", "α", "yes"],
  ["*[a-ζ]", "A", "no"],
  ["a?b", "a/b", "no"],
  ["a*b", "a/b", "no"],
  ["[\\]a]", "]", "yes"],
  ["[\\-]", "-", "yes"],
  ["[x\\-]", "x", "yes"],
  ["[x\\-]", "-", "yes"],
  ["[x\\-]", "z", "no"],
  ["[\\-x]", "x", "yes"],
  ["[\\-x]", "-", "yes"],
  ["[\\-x]", "a", "no"],
  ["*x", "xxx", "yes"],
  // Peculiarities that follow from how moby builds its regular expressions.
  ["a?b", "a😀b", "yes"],
  ["a]b?", "a]bc", "yes"],
  ["a\\d", "a7", "yes"],
  ["a\\.b", "a.b", "yes"],
];

const malformed = [
  "[]a]",
  "[-]",
  "[x-]",
  "[-x]",
  "\\",
  "[a-b-c]",
  "[",
  "[^",
  "[^bc",
  "a[",
  "[Local-Only]/",
  "a\\q",
  "!",
];

const trimmed = (path: string): string => Buffer.from(path.replace(/\/$/, "")).toString("latin1");

describe("patterns of .dockerignore", () => {
  it.each(single)("%s and %s: %s", (pattern, path, answer) => {
    // A path with a slash at its end is one whose parent is the path without it; we have no such names.
    const matcher = matcherOf([pattern], "test");
    const bytes = trimmed(path);
    expect(matcher.ignores(bytes)).toBe(answer !== "no");
    if (!path.endsWith("/")) {
      const own = matcher.match(bytes, []).ignored;
      expect(own).toBe(answer === "yes");
    }
  });

  it.each(malformed)("refuses %s", (pattern) => {
    expect(() => matcherOf([pattern], "test")).toThrow(
      expect.objectContaining({ code: "IGNORE_PATTERN_INVALID" }),
    );
  });

  it.each([
    [["**", "!util/docker/web"], "util/docker/web/foo", false],
    [["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo", true],
    [["**", "!dist/a+b.whl"], "dist/a+b.whl", false],
    [["**", "!dist/*.whl"], "dist/a+b.whl", false],
    [["!fileutils.go", "*.go"], "fileutils.go", true],
    [["*.go", "!fileutils.go"], "fileutils.go", false],
    [["docs", "!docs/README.md"], "docs/README.md", false],
    [["docs/", "!docs/README.md"], "docs/README.md", false],
    [["docs/*", "!docs/README.md"], "docs/README.md", false],
    [["docs", "  !docs/README.md  "], "docs/README.md", false],
    [["a", "!a/b", "a/b/c"], "a/b/c", true],
    [["a", "!a/b", "a/b/c"], "a/b/d", false],
    // When `a` was walked nothing was ignored yet, so `!a` had nothing to take back: BuildKit's answer, and ours.
    [["a/b/c", "!a"], "a/b/c", true],
    [[], "any/path/there", false],
    [["", "  "], "x", false],
  ] as const)("%j and %s: %s", (patterns, path, ignored) => {
    expect(matcherOf(patterns, "test").ignores(path)).toBe(ignored);
  });

  it("never looks at white space and case differently from what is written", () => {
    expect(matcherOf(["README"], "test").ignores("readme")).toBe(false);
    expect(matcherOf(["a b"], "test").ignores("a b")).toBe(true);
  });

  it("compares names that are not UTF-8 by their bytes", () => {
    const name = "caf\xe9";
    expect(new IgnoreMatcher([name], "test").ignores(name)).toBe(true);
    expect(new IgnoreMatcher([name], "test").ignores("caf\xe8")).toBe(false);
    expect(new IgnoreMatcher(["caf*"], "test").ignores(name)).toBe(true);
  });

  it("knows which ignored directories must be looked into", () => {
    const matcher = matcherOf(["*", "!src/app", "!docs/*/keep"], "test");
    expect(matcherOf(["*", "!src/app"], "test").mayHoldExceptions("node_modules")).toBe(false);
    expect(matcher.mayHoldExceptions("src")).toBe(true);
    expect(matcher.mayHoldExceptions("node_modules")).toBe(true);
    expect(matcherOf(["*"], "test").mayHoldExceptions("src")).toBe(false);
  });
});

describe("parseIgnoreFile", () => {
  const parse = (text: string) => parseIgnoreFile(Buffer.from(text));

  it("drops comments and blank lines, cuts white space, cleans paths", () => {
    expect(parse("# a\n\n  # b\n a/ \r\n./c//d/../e\n/f\n/\n!/g\n! h/\n!\n")).toEqual([
      "# b",
      "a",
      "c/e",
      "f",
      "/",
      "!g",
      "!h",
      "!",
    ]);
  });

  it("drops a byte order mark, also before a comment", () => {
    expect(parse("\ufeff# comment\na")).toEqual(["a"]);
    expect(parse("\ufeffa")).toEqual(["a"]);
  });

  it("keeps the bytes of a name", () => {
    expect(parseIgnoreFile(Buffer.from("caf\xe9\n", "latin1"))).toEqual(["caf\xe9"]);
    expect(parse("café")).toEqual([Buffer.from("café").toString("latin1")]);
  });
});

describe("cleanPath", () => {
  it.each([
    ["", "."],
    ["a/b", "a/b"],
    ["a//b/", "a/b"],
    ["./a", "a"],
    ["a/../b", "b"],
    ["../a", "../a"],
    ["../../a", "../../a"],
    ["/../a", "/a"],
    ["/", "/"],
    ["a/..", "."],
    ["..", ".."],
  ])("%j is %j", (path, clean) => {
    expect(cleanPath(path)).toBe(clean);
  });
});
