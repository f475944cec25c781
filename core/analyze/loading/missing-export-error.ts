import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { nearestNames } from "../../graph/nearest-names.ts";
import { namedImports, parseModule } from "../source-places.ts";
import type { ImportGraph } from "./import-graph.ts";
import type { ImportEdge } from "./load-report.ts";
import { stackPlaces } from "./thrown-place.ts";

const sentence = /^The requested module '(.+?)' does not provide an export named '(.+?)'/;

interface Load {
  readonly edges: readonly ImportEdge[];
  readonly imports: ImportGraph;
}

/** Node's SyntaxError for `import { name }` of what is not exported, as a mistake with its place; undefined for others. */
export function missingExportError(error: unknown, load: Load): TsdockError | undefined {
  const found = error instanceof SyntaxError ? sentence.exec(error.message) : null;
  if (found === null) return undefined;
  const [, written = "", name = ""] = found;
  const specifier = written.replace(/\?tsdock=\d+$/, "");
  for (const file of candidates(error, load.imports)) {
    const parsed = parseModule(file);
    const wrong =
      parsed && namedImports(parsed).find((one) => one.name === name && one.specifier === specifier);
    if (wrong === undefined) continue;
    const edge = load.edges.find((one) => one.parent === file && one.specifier === specifier);
    const near = nearestNames(name, edge?.file === undefined ? [] : exportedNames(edge.file))[0];
    return new TsdockError("MODULE_EXPORT_MISSING", `${JSON.stringify(specifier)} does not export ${name}`, {
      place: wrong.place,
      hint: near === undefined ? exportHint(edge?.file) : `did you mean ${near}?`,
    });
  }
  return undefined;
}

/** The stack's first line names the importing module; without one, any module may be it. */
const candidates = (error: unknown, imports: ImportGraph): readonly string[] => [
  ...new Set([...stackPlaces(error).map(({ file }) => file), ...imports.keys()]),
];

function exportedNames(file: string): readonly string[] {
  const exports = parseModule(file)?.module.staticExports ?? [];
  return exports.flatMap(({ entries }) => {
    return entries.flatMap(({ exportName }) =>
      exportName.kind === "Default" ? "default" : (exportName.name ?? []),
    );
  });
}

const exportHint = (file: string | undefined): string =>
  file === undefined
    ? "check the name in the package's documentation; a type is imported with `import type`"
    : `export it in ${path.basename(file)}; a type is imported with \`import type\``;
