import { formatPlace } from "../errors/place.ts";
import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import type { CheckContext, CheckFinding, CheckRule, Severity } from "../plugin/check-contract.ts";
import type { Json } from "../util/json.ts";

/** What the configuration says of a rule. */
export interface RuleSetting {
  readonly severity: Severity | "off";
  readonly options: Json | undefined;
}

export interface RuleFinding extends CheckFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly docs?: string;
}

/** Everything that the rules find, what several images share once. Error `PLUGIN_INVALID` where a rule itself fails. */
export function runRules(
  rules: readonly CheckRule[],
  settingOf: (rule: CheckRule) => RuleSetting,
  context: Omit<CheckContext, "options">,
): readonly RuleFinding[] {
  return rules.flatMap((rule) => {
    const { severity, options } = settingOf(rule);
    if (severity === "off") return [];
    const docs = rule.docs === undefined ? {} : { docs: rule.docs };
    return shared(findingsOf(rule, { ...context, options })).map((finding) => ({
      ...finding,
      rule: rule.id,
      severity,
      ...docs,
    }));
  });
}

function findingsOf(rule: CheckRule, context: CheckContext): readonly CheckFinding[] {
  try {
    return [...rule.check(context)];
  } catch (error) {
    if (isTsdockError(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new TsdockError("PLUGIN_INVALID", `the rule ${rule.id} failed: ${why}`, {
      hint: "tell whoever wrote it, or turn it off in the configuration: check.rules",
      cause: error,
    });
  }
}

/** A step that is in several images, or built for several platforms, is one mistake. */
function shared(findings: readonly CheckFinding[]): readonly CheckFinding[] {
  const seen = new Set<string>();
  return findings.filter(({ message, place }) => {
    const key = JSON.stringify([message, place === undefined ? "" : formatPlace(place)]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
