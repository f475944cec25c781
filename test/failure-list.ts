import fs from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { SerializedError } from "vitest";
import type { Reporter, TestModule } from "vitest/node";

type Failure = Pick<SerializedError, "message"> & {
  readonly stack?: string | undefined;
  readonly diff?: string | undefined;
};

/**
 * Writes what failed to the file that TSDOCK_FAILURE_LIST names, an entry for each test, file or error outside of every test: the end of
 * a long output is what is kept of it, so `npm test` repeats there what decided.
 */
export default class FailureList implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const list = process.env["TSDOCK_FAILURE_LIST"];
    if (list === undefined) return;
    const entries = [
      ...modules.flatMap(failuresOf),
      ...unhandled.map((error) => entry("outside of every test", [error])),
    ];
    fs.writeFileSync(list, entries.join(""));
  }
}

const failuresOf = (module: TestModule): string[] => {
  const file = path.relative(process.cwd(), module.moduleId);
  const tests = [...module.children.allTests("failed")];
  return [
    ...(module.errors().length > 0 ? [entry(file, module.errors())] : []),
    ...tests.map((test) => entry(`${file} > ${test.fullName}`, test.result().errors ?? [])),
  ];
};

/** What failed, and for each error the first lines of its message, of what differs and of its stack. */
const entry = (what: string, errors: readonly Failure[]): string =>
  [`failed: ${what}`, ...errors.flatMap(linesOf)].map((line) => `${line}\n`).join("");

const linesOf = ({ message, diff = "", stack = "" }: Failure): string[] => {
  const calls = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return [...firstLines(message, 12), ...firstLines(diff, 20), ...calls.slice(0, 6)].map(
    (line) => `  ${line.slice(0, 400)}`,
  );
};

const firstLines = (text: string, count: number): string[] =>
  stripVTControlCharacters(text)
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, count);
