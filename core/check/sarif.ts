import { createHash } from "node:crypto";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { ArtifactLocation, Log, ReportingDescriptor, Result } from "sarif";
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
): Log {
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

const describeRule = (id: string, rule: RuleFacts | undefined): ReportingDescriptor => ({
  id,
  ...(rule === undefined
    ? {}
    : {
        shortDescription: { text: rule.summary },
        defaultConfiguration: { level: levels[rule.severity] },
        ...(rule.docs === undefined ? {} : helpOf(rule.docs)),
      }),
});

/** What a plugin says is an address, or text that says where to look. */
const helpOf = (docs: string): Pick<ReportingDescriptor, "helpUri" | "help"> =>
  /^https?:\/\/\S+$/.test(docs) && URL.canParse(docs)
    ? { helpUri: new URL(docs).href }
    : { help: { text: docs } };

function result(problem: SarifProblem, ruleIndex: number, directory: string): Result {
  const { rule, severity, message, hint, place, line = "" } = problem;
  const text = hint === undefined ? message : `${message}\n${hint}`;
  const base = { ruleId: rule, ruleIndex, level: levels[severity], message: { text } };
  if (place === undefined) return base;
  const artifactLocation = locationOf(place.file, directory);
  const identity = createHash("sha256")
    .update(JSON.stringify([rule, artifactLocation.uri, line.trim()]))
    .digest("hex");
  return {
    ...base,
    locations: [
      {
        physicalLocation: {
          artifactLocation,
          region: { startLine: place.line, startColumn: place.column },
        },
      },
    ],
    partialFingerprints: { "tsdockProblem/v1": identity },
  };
}

/** Relative to the workspace, unless it lies elsewhere. */
function locationOf(file: string, directory: string): ArtifactLocation {
  const parts = path.relative(directory, file).split(path.sep);
  if (parts[0] === ".." || path.isAbsolute(parts.join(path.sep))) return { uri: pathToFileURL(file).href };
  return { uri: parts.map((part) => encodeURIComponent(part)).join("/"), uriBaseId: "%SRCROOT%" };
}
