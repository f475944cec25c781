import { graphRules, type RuleFacts, sourceRules } from "../../check/rule-table.ts";
import type { RuleSetting } from "../../check/run-rules.ts";
import type { WorkspaceConfig } from "../../config/load-config.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { nearestNames } from "../../graph/nearest-names.ts";
import type { CheckPlugin, CheckRule } from "../../plugin/check-contract.ts";
import type { SourcePlugin } from "../../plugin/contract.ts";

export interface RuleSet {
  /** Rules over declarations and builds, those of plugins under `PLUGIN/ID`. */
  readonly rules: readonly CheckRule[];
  /** All rules, for reports. */
  readonly facts: readonly RuleFacts[];
  readonly settingOf: (rule: RuleFacts) => RuleSetting;
  /** Rules that the configuration names and nobody has. */
  readonly errors: readonly TsdockError[];
}

/** The rules of a workspace: ours, those of its configuration, and those of the sources that its images use. */
export function ruleSet(config: WorkspaceConfig, sources: Iterable<unknown>): RuleSet {
  const { rules: configured = {}, plugins = [] } = config.check;
  const ofSources = [...sources].map((source) => {
    const { name, checks = [] } = source as SourcePlugin;
    return { name, checks };
  });
  const rules = [...graphRules, ...[...plugins, ...ofSources].flatMap(prefixed)];
  const facts = [...rules, ...sourceRules];
  const ids = new Set(facts.map(({ id }) => id));
  const errors = Object.keys(configured)
    .filter((id) => !ids.has(id))
    .map((id) => {
      const near = nearestNames(id, [...ids])[0];
      return new TsdockError("CONFIG_INVALID", `there is no rule ${id}`, {
        place: config.place(["check", "rules", id], "key"),
        hint: near === undefined ? `there are ${[...ids].sort().join(", ")}` : `did you mean ${near}?`,
      });
    });
  return {
    rules,
    facts,
    errors,
    settingOf({ id, severity }) {
      const own = Object.hasOwn(configured, id) ? configured[id] : undefined;
      if (own === undefined || typeof own === "string")
        return { severity: own ?? severity, options: undefined };
      return { severity: own[0], options: own[1] };
    },
  };
}

const prefixed = ({ name, checks }: CheckPlugin): readonly CheckRule[] =>
  checks.map((rule) => ({
    id: `${name}/${rule.id}`,
    severity: rule.severity,
    summary: rule.summary,
    ...(rule.docs === undefined ? {} : { docs: rule.docs }),
    check: (context) => rule.check(context),
  }));
