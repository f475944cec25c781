import { describe, expect, it } from "vitest";
import { parseDockerfile } from "../../../plugins/dockerfile/syntax/parse-dockerfile.ts";
import { processorTime } from "../../support/processor-time.ts";

const parse = (text: string) => parseDockerfile(text, "/w/Dockerfile").instructions;
const shape = (text: string) =>
  parse(text).map(({ keyword, flags, body, heredocs }) => [
    keyword,
    flags.map(({ name, value }) => `${name}=${value ?? ""}`).join(" "),
    body,
    heredocs.map(({ name, content, expand, chomp }) => [name, content, expand, chomp]),
  ]);

describe("instructions of a Dockerfile", () => {
  it("are joined over lines, without the comments and blank lines between them", () => {
    const [run] = parse("RUN a \\\n  # why\n\n   b \\\n\\\n  c  \n");
    expect(run?.body).toBe("a    b   c");
    expect(run?.pieces).toEqual([
      { text: "a ", comments: [] },
      { text: "   b ", comments: ["why"] },
      { text: "", comments: [] },
      { text: "  c  ", comments: [] },
    ]);
  });

  it("end where the escape itself is escaped", () => {
    expect(shape("RUN a \\\\\nRUN b")).toEqual([
      ["RUN", "", "a \\\\", []],
      ["RUN", "", "b", []],
    ]);
  });

  it("have flags, whose quotes are taken away", () => {
    expect(shape("COPY --from=a --link --chown='x y:z' -- --b /c")).toEqual([
      ["COPY", "from=a link= chown=x y:z", "--b /c", []],
    ]);
  });

  it("have here-documents: several, with quoted names, with tabs, within ONBUILD", () => {
    expect(
      shape(
        'RUN <<A cat && <<-"B C" x\na \\\n # no comment\nA\n\tb\n\tB C\nONBUILD RUN <<E\nhm\nE\nRUN echo "<<NO" <<<no\n',
      ),
    ).toEqual([
      [
        "RUN",
        "",
        '<<A cat && <<-"B C" x',
        [
          ["A", "a \\\n # no comment\n", true, false],
          ["B C", "\tb\n", false, true],
        ],
      ],
      ["ONBUILD", "", "RUN <<E", [["E", "hm\n", true, false]]],
      ["RUN", "", 'echo "<<NO" <<<no', []],
    ]);
  });

  it("follow directives, which end with the first other line", () => {
    const { directives, escape, instructions } = parseDockerfile(
      "# Syntax = a/b:1\n# escape=`\n# no=directive\n# check=skip=all\nRUN a `\n b\n",
      "f",
    );
    expect(directives.map(({ name, value }) => `${name} ${value}`)).toEqual(["syntax a/b:1", "escape `"]);
    expect(escape).toBe("`");
    expect(instructions[0]?.body).toBe("a  b");
    expect(instructions[0]?.comments).toEqual(["no=directive", "check=skip=all"]);
  });

  it.each([
    ["", "no instruction", 1],
    ["# only\n", "no instruction", 1],
    ["FROM a\nRUN <<EOF\nx\n", "does not end", 2],
    ["# escape=x\nFROM a\n", "cannot be the escape", 1],
    ["# syntax=a\n# syntax=b\nFROM a\n", "given twice", 2],
  ])("%j is an error with its place", (text, message, line) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: "IMPORT_INVALID",
        message: expect.stringContaining(message) as string,
        place: expect.objectContaining({ line }) as object,
      }) as Error,
    );
  });

  it("survive any text in bounded time", () => {
    for (const text of [
      "<<".repeat(20_000),
      `RUN ${"\\\n".repeat(20_000)}`,
      `RUN ${"'".repeat(10_001)}`,
      `ENV ${"${".repeat(2_000)}`,
      "\0\ufeff\r\r\n",
      `FROM a\nRUN <<${"x".repeat(50_000)}\n`,
    ]) {
      const { ms } = processorTime(() => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "IMPORT_INVALID" });
        }
      });
      expect(ms).toBeLessThan(3000);
    }
  });
});
