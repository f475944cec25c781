import type { Instruction } from "../../declare/instruction.ts";
import type { Site } from "../../declare/site.ts";
import { checkValues } from "./check.ts";
import type { AnnotationLevel, Draft } from "./draft.ts";
import { problem } from "./problems.ts";

/** Annotations belong to this image alone: those of a base are not inherited. */
export function annotate(draft: Draft, one: Extract<Instruction, { type: "annotation" }>, site: Site): void {
  const levels: readonly string[] = ["manifest", "index", "descriptor"] satisfies AnnotationLevel[];
  if (!levels.includes(one.level)) {
    throw problem(
      "DECLARATION_INVALID",
      `${JSON.stringify(one.level)} is not a level of annotations`,
      site,
      `write one of ${levels.join(", ")}`,
    );
  }
  Object.assign(
    draft.annotations[one.level as AnnotationLevel],
    checkValues(one.annotations, "LABEL_INVALID", "annotation", site),
  );
}
