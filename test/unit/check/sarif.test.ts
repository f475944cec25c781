import { expect, it } from "vitest";
import { sarifReport } from "../../../core/check/sarif.ts";
import { sarifMistakes } from "../../support/sarif-mistakes.ts";

const of = (problems: Parameters<typeof sarifReport>[0], rules: Parameters<typeof sarifReport>[1] = []) =>
  sarifReport(problems, rules, { directory: "/w", version: "1.2.3" });

it("is a log by the schema of SARIF, whatever is told", () => {
  const place = { file: "/w/a b/ü#?.ts", line: 3, column: 7 };
  const rule = { id: "acme/x", summary: "of a plugin", severity: "info" } as const;
  const log = of(
    [
      { rule: "acme/x", severity: "info", message: "m", hint: "h", place, line: "  code" },
      { rule: "TYPE_ERROR", severity: "error", message: "no place" },
      { rule: "outside", severity: "warning", message: "m", place: { ...place, file: "/other/x.ts" } },
    ],
    [
      { ...rule, docs: "https://registry.example/docs#x" },
      { ...rule, id: "acme/y", docs: "docs/y.md, the second part" },
    ],
  );
  expect(sarifMistakes(log)).toEqual([]);
  expect(sarifMistakes(of([]))).toEqual([]);
  const [run] = log.runs;
  expect(
    run?.results?.map(({ ruleId, ruleIndex = -1 }) => [ruleId, run.tool.driver.rules?.[ruleIndex]?.id]),
  ).toEqual([
    ["acme/x", "acme/x"],
    ["TYPE_ERROR", "TYPE_ERROR"],
    ["outside", "outside"],
  ]);
  expect(run?.results?.map(({ locations }) => locations?.[0]?.physicalLocation?.artifactLocation)).toEqual([
    { uri: "a%20b/%C3%BC%23%3F.ts", uriBaseId: "%SRCROOT%" },
    undefined,
    { uri: "file:///other/x.ts" },
  ]);
  expect(run?.tool.driver.rules?.map(({ helpUri }) => helpUri)).toEqual([
    "https://registry.example/docs#x",
    undefined,
    undefined,
    undefined,
  ]);
});

it("and the schema sees what is none", () => {
  expect(sarifMistakes({ ...of([]), version: "2.0" })).toEqual([expect.stringContaining(".version")]);
});
