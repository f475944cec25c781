import fs from "node:fs";

/** A command of a page and what it prints. */
export interface CourseStep {
  readonly command: string;
  /** Lines; `…` is anything, and a line that is only `…` any number of lines. `[exit code N]` comes last. */
  readonly output: readonly string[];
}

/** The commands in a page's `console` blocks, in their order. */
export function courseSteps(page: string): readonly CourseStep[] {
  const blocks = [...fs.readFileSync(page, "utf8").matchAll(/^```console\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, block = ""]) =>
    block
      .split(/^\$ /m)
      .filter((part) => part !== "")
      .map((part) => {
        const [command = "", ...output] = part.trimEnd().split("\n");
        return { command, output };
      }),
  );
}

/** What is written on the page as an expression for what is really printed. Runs of spaces count as one. */
export function outputPattern(lines: readonly string[]): RegExp {
  const source = lines.map((line) => {
    if (line === "…") return "(?:[^\\n]*\\n)*";
    const parts = squeeze(line)
      .split("…")
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    return `${parts.join("[^\\n]*?")}\\n`;
  });
  return new RegExp(`^${source.join("")}$`);
}

export const squeeze = (text: string): string => text.replaceAll(/ +/g, " ").replaceAll(/ $/gm, "");
