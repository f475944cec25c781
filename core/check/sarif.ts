import { createHash } from "node:crypto";
import path from "node:path";
import type { Place } from "../errors/place.ts";
import type { Severity } from "../plugin/check-contract.ts";
import type { RuleFacts } from "./rule-table.ts";

export interface SarifProblem {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly place?: Place | undefined;
  /** The line that the place is on; what its identity is made of, so that it survives edits elsewhere. */
  readonly line?: string | undefined;
}

const levels = { error: "error", warning: "warning", info: "note" } as const;

/** Problems as SARIF 2.1.0 (OASIS), the form that code scanning takes. Paths are relative to `directory`. */
export function sarifReport(
  problems: readonly SarifProblem[],
  rules: readonly RuleFacts[],
  { directory, version }: { readonly directory: string; readonly version: string },
): Readonly<Record<string, unknown>> {
  const known = new Map(rules.map((rule) => [rule.id, rule]));
  const ids = [...new Set([...known.keys(), ...problems.map(({ rule }) => rule)])];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: "tsdock", version, rules: ids.map((id) => describeRule(id, known.get(id))) },
        },
        columnKind: "utf16CodeUnits",
        results: problems.map((problem) => result(problem, ids.indexOf(problem.rule), directory)),
      },
    ],
  };
}

const describeRule = (id: string, rule: RuleFacts | undefined): Readonly<Record<string, unknown>> => ({
  id,
  ...(rule === undefined
    ? {}
    : {
        shortDescription: { text: rule.summary },
        defaultConfiguration: { level: levels[rule.severity] },
        ...(rule.docs === undefined ? {} : { helpUri: rule.docs }),
      }),
});

function result(
  problem: SarifProblem,
  ruleIndex: number,
  directory: string,
): Readonly<Record<string, unknown>> {
  const { rule, severity, message, hint, place, line = "" } = problem;
  const text = hint === undefined ? message : `${message}\n${hint}`;
  const base = { ruleId: rule, ruleIndex, level: levels[severity], message: { text } };
  if (place === undefined) return base;
  const file = path.relative(directory, place.file).split(path.sep);
  const uri = file.map((part) => encodeURIComponent(part)).join("/");
  const identity = createHash("sha256")
    .update(JSON.stringify([rule, uri, line.trim()]))
    .digest("hex");
  return {
    ...base,
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri, uriBaseId: "%SRCROOT%" },
          region: { startLine: place.line, startColumn: place.column },
        },
      },
    ],
    partialFingerprints: { "tsdockProblem/v1": identity },
  };
}
