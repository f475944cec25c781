import { describe, expect, it } from "vitest";
import { ExpandError } from "../../../plugins/dockerfile/expand/expand-error.ts";
import { expandWord } from "../../../plugins/dockerfile/expand/expand.ts";
import { code, text } from "../../../plugins/dockerfile/expand/value.ts";
import { printValue } from "../../../plugins/dockerfile/print/literals.ts";

const known: Readonly<Record<string, string>> = { A: "foo", EMPTY: "", PATHS: "/a/b/c.tar.gz", STAR: "a*b" };

/** Known variables are as above; P is a param, Q one without a default; others are not set. */
const expand = (word: string, escape: "\\" | "`" = "\\"): string =>
  printValue(
    expandWord(word, {
      escape,
      lookup(name) {
        if (name === "P") return { value: code("p"), emptyIsUnset: false };
        if (name === "Q") return { value: code("q"), emptyIsUnset: true };
        const value = known[name];
        return value === undefined ? undefined : { value: text(value), emptyIsUnset: false };
      },
    }),
  );

describe("words of a Dockerfile", () => {
  it.each([
    ["a$A", "afoo"],
    ["${A}b", "foob"],
    ["$AB", ""],
    ["'$A'", "$A"],
    ['"$A b"', "foo b"],
    ["\\$A", "$A"],
    ['"\\$A \\x \\""', '$A \\x "'],
    ["a\\b\\\\", "ab\\"],
    ["$", "$"],
    ["${X:-w}", "w"],
    ["${X-w}", "w"],
    ["${EMPTY:-w}", "w"],
    ["${EMPTY-w}", ""],
    ["${A:+s}${X:+n}${EMPTY+e}${EMPTY:+n}", "se"],
    ["${X:-${A}}", "foo"],
    ["${X:-'}'}", "}"],
    ["${A:?m}", "foo"],
    ["${PATHS#*/}", "a/b/c.tar.gz"],
    ["${PATHS##*/}", "c.tar.gz"],
    ["${PATHS%.*}", "/a/b/c.tar"],
    ["${PATHS%%.*}", "/a/b/c"],
    ["${PATHS%x}", "/a/b/c.tar.gz"],
    ["${PATHS/a/A}", "/A/b/c.tar.gz"],
    ["${PATHS//?./_}", "/a/b/_ta_gz"],
    ["${PATHS/\\//_}", "_a/b/c.tar.gz"],
    ["${STAR#a\\*}", "b"],
    ["${A/o/}", "fo"],
  ])("%s is %j", (word, expected) => {
    expect(expand(word)).toBe(JSON.stringify(expected));
  });

  it.each([
    ["v$P", "`v${p}`"],
    ["${P:-w}", '(p || "w")'],
    ["${P-w}", "p"],
    ["${Q-w}", '(q || "w")'],
    ["${P:+w}", '(p !== "" ? "w" : "")'],
    ["${P+w}", '"w"'],
    ["${Q+$P}", '(q !== "" ? p : "")'],
    ["${P#v}", 'p.replace(/^v/, "")'],
    ["${P%.*}", 'p.replace(/^(.*)\\..*$/, "$1")'],
    ["${P%%.*}", 'p.replace(/\\..*$/, "")'],
    ["${P//./-}", 'p.replace(/\\./g, "-")'],
    ["${P:?say}", 'required(p, "P: say")'],
    ["a`b${X:-$P}", "`a\\`b${p}`"],
  ])("%s with a param is %s", (word, expected) => {
    expect(expand(word)).toBe(expected);
  });

  it("know another escape", () => {
    expect(expand("`$A\\x`\\", "`")).toBe(JSON.stringify("$A\\x\\"));
  });

  it.each(["'a", '"a', "${A", "${}", "${A:}", "${A!x}", "${X:?}", "${EMPTY:?m}", "${A/x}", "${A#\\n}"])(
    "%s is a mistake",
    (word) => {
      expect(() => expand(word)).toThrow(ExpandError);
    },
  );
});
