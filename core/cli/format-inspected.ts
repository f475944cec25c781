import type { Json } from "../util/json.ts";
import type { GoShape } from "../util/go-template/from-json.ts";

/**
 * What inspect commands print: the whole array, or with `--format` a line for each element. `json` is one line each.
 * Error `FORMAT_INVALID`.
 */
export async function formatInspected(
  documents: readonly Json[],
  format: string | undefined,
  shape: GoShape,
): Promise<string> {
  if (format === undefined || format === "") return `${JSON.stringify(documents, null, 4)}\n`;
  const [{ goTemplate }, { goFromJson }] = await Promise.all([
    import("../util/go-template/go-template.ts"),
    import("../util/go-template/from-json.ts"),
  ]);
  const template = goTemplate(format === "json" ? "{{json .}}" : format);
  return documents.map((document) => `${template(goFromJson(document, shape))}\n`).join("");
}
