import { readIgnoreFile } from "../../build/context/context-scans.ts";
import type { IgnoreMatcher } from "../../build/context/ignore-patterns.ts";
import { isTsdockError } from "../../errors/tsdock-error.ts";
import { toByteString } from "../../oci/layer/entry.ts";
import type { ContextRules } from "./scope.ts";

/** Rules that cannot be read hide nothing: the build says what is wrong with them. */
export function rulesOf(context: string): ContextRules {
  try {
    return rulesOfMatcher(readIgnoreFile(context));
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    return { ignores: () => false, mayHoldExceptions: () => true };
  }
}

export const rulesOfMatcher = (matcher: IgnoreMatcher): ContextRules => ({
  ignores: (relative) => matcher.ignores(toByteString(relative)),
  mayHoldExceptions: (relative) => matcher.mayHoldExceptions(toByteString(relative)),
});
