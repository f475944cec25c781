import type { Cause } from "../toolkit/why/cause.ts";
import type { ExplainedVertex } from "../toolkit/why/explain-build.ts";

/** Causes of one vertex that are shown; `--json` has all. */
const shownCauses = 12;

/** A paragraph for each vertex: its name and place, then a line for each cause. */
export function formatExplained(vertices: readonly ExplainedVertex[]): string {
  return vertices
    .map(({ name, source, platform, outcome, causes }) => {
      const several = new Set(vertices.map((one) => one.platform)).size > 1 ? ` (${platform})` : "";
      const failed = outcome === "failed" ? ", failed" : "";
      const head = `${name}${several}${failed}${source === null ? "" : `\n  at ${source}`}`;
      const lines = causes.slice(0, shownCauses).map((cause) => `  ${causeText(cause)}`);
      const more = causes.length - lines.length;
      return [head, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join("\n");
    })
    .map((paragraph) => `${paragraph}\n`)
    .join("");
}

function causeText(cause: Cause): string {
  switch (cause.type) {
    case "first":
      return "first build";
    case "no-cache":
      return "--no-cache";
    case "evicted":
      return `evicted by prune: build ${cause.build} had it`;
    case "unfinished":
      return `build ${cause.build} did not get it done`;
    case "forgotten":
      return "it differs, and what it was made from before was pruned";
    case "file":
      return `file ${cause.path} ${fileChange(cause)}`;
    case "env":
      return `env ${cause.name}${arrow(cause.from, cause.to)}`;
    case "command":
      return `command${arrow(cause.from, cause.to)}`;
    case "base":
      return `base ${cause.reference} moved${arrow(cause.from, cause.to)}`;
    case "input":
      return `on other files: ${cause.name}${cause.source === undefined ? "" : ` (${cause.source})`}`;
    case "param":
      return `param ${cause.name}${arrow(text(cause.from), text(cause.to))}`;
    case "source":
      return `source ${cause.file}${arrow(cause.from, cause.to)}`;
    case "version":
      return `${cause.of} upgraded${arrow(cause.from, cause.to)}`;
    case "input-value":
      return `${cause.name}${arrow(cause.from, cause.to)}`;
  }
}

const text = (value: string | number | boolean | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

function fileChange({ change, from, to }: Extract<Cause, { type: "file" }>): string {
  if (change === "added" || change === "removed")
    return `${change}${(to ?? from) ? `: ${shorten(to ?? from ?? "")}` : ""}`;
  if (change === "content") return `changed${arrow(from, to)}`;
  return `${change}${arrow(from, to)}`;
}

function arrow(from: string | undefined, to: string | undefined): string {
  if (from === undefined) return to === undefined ? "" : ` added: ${shorten(to)}`;
  return to === undefined ? ` removed: ${shorten(from)}` : `: ${shorten(from)} → ${shorten(to)}`;
}

/** Digests by their first 12 digits, long texts by their beginning, one line each. */
function shorten(value: string): string {
  const digest = /^sha256:[0-9a-f]{64}$/.test(value) ? value.slice(0, "sha256:".length + 12) : value;
  const line = digest.replaceAll(/\s+/g, " ");
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
