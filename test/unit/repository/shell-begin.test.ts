import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OptionSpec } from "../../../core/cli/command.ts";
import { globalsBeside } from "../../../core/cli/common-options.ts";
import { runOptions } from "../../../core/cli/container-options.ts";
import { parseCommandLine } from "../../../core/cli/parse.ts";
import { findDetach } from "../../../shell-begin.ts";

const silent = {
  out: () => undefined,
  err: () => undefined,
  interactive: false,
  color: false,
  columns: () => 80,
  inputIsTerminal: false,
  write: () => undefined,
};

/** What the shell finds in each of the command lines. */
function foundByShell(lines: readonly (readonly string[])[]): readonly boolean[] {
  const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  const script = [
    "find() {",
    ...findDetach,
    'echo "${d:-0}"',
    "}",
    ...lines.map((words) => `find ${words.map(quoted).join(" ")}`),
  ];
  const { stdout, stderr } = spawnSync("sh", { input: script.join("\n"), encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout
    .trim()
    .split("\n")
    .map((line) => line === "1");
}

/** Undefined for what is no command line. */
async function foundByParser(words: readonly string[]): Promise<boolean | undefined> {
  try {
    const parsed = await parseCommandLine(words, "0", silent);
    return parsed.kind === "command" ? parsed.options["detach"] === true : undefined;
  } catch {
    return undefined;
  }
}

const odd = fc.constantFrom(
  "-d",
  "--detach",
  "--",
  "-",
  "",
  "x y",
  "a=b",
  "-p",
  "$(d=1)",
  "*",
  "it's",
  "-itd",
);

/** One option as people write it. */
const option = ({ flags, choices }: OptionSpec): fc.Arbitrary<readonly string[]> => {
  const names = flags
    .split(/[ ,]+/)
    .filter((flag) => flag.startsWith("-"))
    .map((flag) => fc.constant(flag));
  if (!flags.includes("<")) return fc.oneof(...names).map((name) => [name]);
  const value = choices === undefined ? odd : fc.constantFrom(...choices);
  return fc.tuple(fc.oneof(...names), value, fc.boolean()).map(([name, given, isJoined]) => {
    if (!isJoined || given === "") return [name, given];
    return [name.startsWith("--") ? `${name}=${given}` : `${name}${given}`];
  });
};

const cluster = fc
  .tuple(fc.array(fc.constantFrom("i", "t", "P", "d"), { minLength: 1 }), fc.constantFrom("", "p", "e"), odd)
  .map(([letters, last, value]) => [`-${letters.join("")}${last}`, ...(last === "" ? [] : [value])]);

const words = fc
  .tuple(
    fc.array(fc.oneof(cluster, ...[...runOptions, ...globalsBeside(runOptions)].map(option)), {
      maxLength: 5,
    }),
    fc.constantFrom([], ["--"]),
    fc.array(fc.oneof(fc.constant("image"), odd), { maxLength: 3 }),
  )
  .map(([options, dashes, rest]) => ["run", ...options.flat(), ...dashes, "image", ...rest]);

describe("the shell that starts tsdock", () => {
  it("takes a container for detached where the command line says so, and only there", async () => {
    const lines = fc.sample(words, 300);
    const shell = foundByShell(lines);
    let seen = 0;
    for (const [index, line] of lines.entries()) {
      const parsed = await foundByParser(line);
      if (parsed === undefined) continue;
      if (parsed) seen += 1;
      expect({ line, detach: shell[index] }).toEqual({ line, detach: parsed });
    }
    expect(seen).toBeGreaterThan(3);
  });
});
