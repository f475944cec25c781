import type { CheckedProject } from "./checked-project.ts";
import type { UnusedDeclaration } from "./unused-declaration.ts";
import { unusedImages } from "./unused-images.ts";
import { unusedParams } from "./unused-params.ts";

/** An unused constant with the rule that says so. */
export interface UnusedFinding extends UnusedDeclaration {
  readonly rule: "unused-image" | "unused-param";
  readonly message: string;
  readonly hint: string;
}

/** Images and params of modules that nothing uses. `given`: names of params that have values from outside. */
export const unusedDeclarations = (
  checked: CheckedProject,
  given: ReadonlySet<string>,
): readonly UnusedFinding[] => [
  ...unusedImages(checked).map(
    (one): UnusedFinding => ({
      ...one,
      rule: "unused-image",
      message: `the image ${one.name} is neither exported nor used`,
      hint: "export it, or remove it (tsdock check --fix does where nothing else can change)",
    }),
  ),
  ...unusedParams(checked, given).map(
    (one): UnusedFinding => ({
      ...one,
      rule: "unused-param",
      message: `the param ${one.name} is declared and never read`,
      hint: "use the value, or remove the param (tsdock check --fix does)",
    }),
  ),
];
