import type { Json } from "../util/json.ts";
import type { GoShape } from "../util/go-template/from-json.ts";

export interface Inspected {
  readonly document: Json;
  readonly shape: GoShape;
}

/**
 * What inspect commands print: the whole array, or with `--format` a line for each element. `json` is one line each.
 * Error `FORMAT_INVALID`.
 */
export async function formatInspected(
  found: readonly Inspected[],
  format: string | undefined,
): Promise<string> {
  const documents = found.map(({ document }) => document);
  if (format === undefined || format === "") return `${JSON.stringify(documents, null, 4)}\n`;
  const [{ goTemplate }, { goFromJson }] = await Promise.all([
    import("../util/go-template/go-template.ts"),
    import("../util/go-template/from-json.ts"),
  ]);
  const template = goTemplate(format === "json" ? "{{json .}}" : format);
  return found.map(({ document, shape }) => `${template(goFromJson(document, shape))}\n`).join("");
}
