import type { Need, Value } from "../expand/value.ts";
import type { StageImage } from "tsdock/plugin";
import type { Scope } from "../expand/scope.ts";
import type { Instruction } from "../syntax/dockerfile.ts";

/** A method of the chain, or nothing but what is said about an instruction that it does not have. */
export interface Step {
  readonly comments: readonly string[];
  /** `.run("make")` at an indentation; undefined: only comments. */
  readonly print: ((indent: string) => string) | undefined;
  readonly needs: ReadonlySet<Need>;
}

/** A stage: everything from one FROM to the next. */
export interface StageDraft {
  readonly index: number;
  /** In small letters; undefined where FROM gives none. */
  readonly name: string | undefined;
  readonly from: Instruction;
  readonly instructions: readonly Instruction[];
  /** Whether an image needs it. */
  readonly wanted: boolean;
  /** The constant that it becomes, or the expression that stands for it. */
  readonly constant: string;
  readonly exported: boolean;
  /** What the image is called, where the constant does not say it. */
  readonly imageName: string | undefined;
  /** What else is said of the image that it is. */
  readonly image: StageImage | undefined;
  scope: Scope;
  /** Undefined where it is not known when the file is read. */
  workdir: Value | undefined;
  /** `/bin/sh -c` unless SHELL says something else; the base's own is not known. */
  shell: readonly string[];
  readonly steps: Step[];
}
