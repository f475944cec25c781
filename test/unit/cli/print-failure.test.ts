import { expect, test } from "vitest";
import { printFailure } from "../../../core/cli/print-failure.ts";
import { TsdockError, TsdockErrors } from "../../../core/errors/tsdock-error.ts";
import { recordedTerminal } from "../../support/recorded-terminal.ts";

async function printed(errors: readonly TsdockError[]): Promise<string> {
  const { terminal, text } = recordedTerminal();
  await printFailure(new TsdockErrors(errors), { terminal, debug: false });
  return text();
}

const at = (file: string, line: number) => ({ file: `/nowhere/${file}`, line, column: 1 });

test("what a shared helper does wrong in 500 images is said once", async () => {
  const errors = Array.from(
    { length: 500 },
    (_, index) =>
      new TsdockError("DECLARATION_THREW", "a helper failed", { place: at("p.ts", index + 1), hint: "look" }),
  );
  const text = await printed(errors);
  expect(text.match(/^error/gm)).toHaveLength(1);
  expect(text).toContain("the same 499 times more:\n    at /nowhere/p.ts:2:1\n");
  expect(text).toContain("… and 489 more");
  expect(text.split("\n").length).toBeLessThan(20);
});

test("one place that says something else in every package is one failure", async () => {
  const errors = Array.from(
    { length: 5 },
    (_, index) =>
      new TsdockError("COPY_NO_MATCH", `nothing in package ${index}`, { place: at("helper.ts", 1) }),
  );
  const text = await printed(errors);
  expect(text.match(/^error/gm)).toHaveLength(1);
  for (let index = 0; index < 5; index++) expect(text).toContain(`nothing in package ${index}\n`);
});

test("what several steps come upon is told once", async () => {
  const errors = ["a.ts", "a.ts", "b.ts"].map(
    (file) => new TsdockError("NODE_LOCKFILE_INVALID", "it is cut off", { place: at(file, 1) }),
  );
  expect((await printed(errors)).match(/^error|at .*$/gm)).toEqual([
    "error",
    "at /nowhere/a.ts:1:1",
    "error",
    "at /nowhere/b.ts:1:1",
  ]);
});

test("a few are shown in full, and no log of a step is left out", async () => {
  const few = [1, 2, 3].map(
    (line) => new TsdockError("RUN_FAILED", "it failed", { place: at("a.ts", line), details: "log" }),
  );
  expect((await printed(few)).match(/^error/gm)).toHaveLength(3);
  const logs = [1, 2, 3, 4, 5].map(
    (line) => new TsdockError("RUN_FAILED", "it failed", { place: at("a.ts", line), details: `log ${line}` }),
  );
  expect((await printed(logs)).match(/^error/gm)).toHaveLength(5);
});

test("a log commands neither the terminal nor the runner of a workflow", async () => {
  const details = "\u001b]0;owned\u0007::stop-commands::x\n  ::add-path::/tmp\nsee ##[add-mask]a\na::b";
  const text = await printed([
    new TsdockError("RUN_FAILED", "RUN \u001b[2Jx failed\n::error::no", { details }),
  ]);
  expect(text).not.toContain("\u001b");
  expect(text).not.toMatch(/^\s*::|##\[/m);
  expect(text).toContain("a::b");
});
