import { type GoStruct, type GoValue, jsonText, printValue } from "../util/go-template/go-value.ts";
import type { GoTemplate } from "../util/go-template/go-template.ts";
import { formatTable } from "./format-table.ts";

export interface RowsFormat {
  /** `--format`: `table`, `table TEMPLATE`, `json`, a template; undefined is the table. */
  readonly format: string | undefined;
  /** The fields of a table, as docker writes it: `{{.ID}}\t{{.Names}}`. */
  readonly columns: string;
  /** The title of each field that a table may have. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Rows as docker's list commands print them. A row is a struct of its fields, methods such as `Label` among them.
 * Error `FORMAT_INVALID`.
 */
export async function formatRows(
  rows: readonly GoStruct[],
  { format = "table", columns, headers }: RowsFormat,
): Promise<string> {
  if (format === "json") return rows.map((row) => `${jsonText(sorted(row))}\n`).join("");
  const isTable = /^table(?![^\s{])/.test(format);
  const wanted = isTable ? format.slice("table".length).trim() : format;
  const text = unescapeTabs(wanted === "" && isTable ? columns : wanted.trim());
  const { goTemplate } = await import("../util/go-template/go-template.ts");
  const lines = rows.map(goTemplate(text));
  if (!isTable) return lines.map((line) => `${line}\n`).join("");
  const cells = [headerLine(goTemplate(text, headerFunctions), headers), ...lines];
  return formatTable(cells.map((line) => line.split("\t")));
}

/** In a shell's single quotes, `\t` and `\n` are two characters each. */
const unescapeTabs = (text: string): string => text.replaceAll("\\t", "\t").replaceAll("\\n", "\n");

/** Docker's rows become JSON by way of a map. */
const sorted = (row: GoStruct): GoStruct =>
  Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));

const same = (value: GoValue): GoValue => value;
/** In the line of titles functions leave titles alone. */
const headerFunctions = { json: same, title: same, lower: same, upper: same, truncate: same };

function headerLine(template: GoTemplate, headers: Readonly<Record<string, string>>): string {
  return template({ ...headers, Label: (name) => labelTitle(printValue(name)) });
}

/** `com.example.owner-name` is titled `owner name`. */
const labelTitle = (name: string): string => (name.split(".").at(-1) ?? name).replaceAll(/[-_]/g, " ");
