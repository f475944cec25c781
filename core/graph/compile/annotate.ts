import type { Instruction } from "../../declare/instruction.ts";
import type { Site } from "../../declare/site.ts";
import { checkValues } from "./check.ts";
import type { AnnotationLevel, Draft } from "./draft.ts";
import { problem } from "./problems.ts";

/** Annotations belong to this image alone: those of a base are not inherited. */
export function annotate(draft: Draft, one: Extract<Instruction, { type: "annotation" }>, site: Site): void {
  const levels: readonly string[] = ["manifest", "index", "descriptor"] satisfies AnnotationLevel[];
  const { level = "manifest" } = one.options;
  if (!levels.includes(level)) {
    throw problem(
      "DECLARATION_INVALID",
      `${JSON.stringify(level)} is not a level of annotations`,
      site,
      `write one of ${levels.join(", ")}`,
    );
  }
  Object.assign(draft.annotations[level], checkValues(one.annotations, "LABEL_INVALID", "annotation", site));
}
