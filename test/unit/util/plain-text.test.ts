import { expect, test } from "vitest";
import { plainText, plainTexts } from "../../../core/util/plain-text.ts";

test.each([
  ["plain\ttext\n", "plain\ttext\n"],
  ["\u001b[31mred\u001b[0m", "red"],
  ["\u001b]0;title\u0007after", "after"],
  ["\u001b]8;;https://registry.example\u0007link\u001b]8;;\u0007", "link"],
  ["10%\r20%\r\nend", "10%\n20%\nend"],
  ["bell\u0007 back\b", "bell\\x07 back\\x08"],
  ["half of a sequence \u001b", "half of a sequence \\x1b"],
  ["user\u202egpj.exe", "user\\u{202e}gpj.exe"],
  ["Bonjour à tous 🐳", "Bonjour à tous 🐳"],
])("%j is shown as %j", (text, shown) => {
  expect(plainText(text)).toBe(shown);
});

test("nothing that is shown commands a terminal", () => {
  const all = Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code));
  const shown = all
    .flatMap((first) => ["", "[2J", "]52;c;YQ==", "P", "\u001b"].map((more) => `\u001b${first}${more}`))
    .map(plainText);
  expect(shown.filter((text) => /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text))).toEqual([]);
});

test("every text of an event", () => {
  expect(plainTexts({ type: "warning", place: { file: "a\u0007", line: 1 }, list: ["\u001b[2Jb"] })).toEqual({
    type: "warning",
    place: { file: "a\\x07", line: 1 },
    list: ["b"],
  });
});
