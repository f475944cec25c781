import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeFrame } from "../../../core/analyze/code-frame.ts";
import { positionAt } from "../../../core/analyze/text-position.ts";

const text = "one\ntwo\n\tthree four\nfive\nsix\nseven";

describe("code frames", () => {
  it("show two lines around and a caret", () => {
    expect(codeFrame(text, { line: 3, column: 8 }, { length: 4 })).toBe(
      ["  1 | one", "  2 | two", "> 3 | \tthree four", "    | \t      ^^^^", "  4 | five", "  5 | six"].join(
        "\n",
      ),
    );
  });
  it("stay within the text", () => {
    expect(codeFrame("a", { line: 1, column: 99 }, { length: 9 })).toBe("> 1 | a\n    |  ^");
    expect(codeFrame("", { line: 1, column: 1 })).toBe("> 1 |\n    | ^");
  });
  it("cut long lines around the place", () => {
    const long = `${"x".repeat(500)}HERE${"y".repeat(500)}`;
    const [line = "", carets = ""] = codeFrame(long, { line: 1, column: 501 }, { length: 4 }).split("\n");
    expect(line.length).toBeLessThan(180);
    expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("HERE");
  });
  it("colour only when asked", () => {
    expect(codeFrame(text, { line: 1, column: 1 }, { color: true })).toContain("\u001b[31m^\u001b[39m");
    expect(codeFrame(text, { line: 1, column: 1 })).not.toContain("\u001b");
  });
});

describe("positions", () => {
  it("are those of the character, whatever ends the lines", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zé😀 ]*$/u)),
        fc.constantFrom("\n", "\r\n", "\r"),
        (lines, end) => {
          const whole = [...lines, "#x"].join(end);
          expect(positionAt(whole, whole.length - 1)).toEqual({ line: lines.length + 1, column: 2 });
        },
      ),
    );
  });
});
