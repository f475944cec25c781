import { invalid, type Spot } from "../hcl/source.ts";
import { mapOf, type ResolvedBuilds, type ResolvedTarget } from "../resolve/model.ts";

/** The target whose image a context is. */
export const targetOfContext = (value: string): string | undefined => /^target:(.+)$/.exec(value)?.[1];

/** The targets that become images, each after those that it takes files from. Error `IMPORT_INVALID`. */
export function chooseTargets(
  builds: ResolvedBuilds,
  asked: readonly string[],
  start: Spot,
): readonly ResolvedTarget[] {
  const byName = new Map(builds.targets.map((target) => [target.name, target]));
  const groups = new Map(builds.groups.map(({ name, targets }) => [name, targets]));
  const templates = new Set(builds.templates);
  const ofGroups = new Set(builds.groups.flatMap(({ targets }) => targets));
  const names =
    asked.length > 0
      ? asked.flatMap((name) => groups.get(name) ?? [name])
      : [...byName.keys()].filter((name) => ofGroups.has(name) || !templates.has(name));
  const chosen: ResolvedTarget[] = [];
  const visit = (name: string, spot: Spot, waiting: readonly string[]): void => {
    const target = byName.get(name);
    if (target === undefined)
      throw invalid(
        `there is no target ${name}`,
        spot,
        `there are ${[...groups.keys(), ...byName.keys()].slice(0, 20).join(", ")}`,
      );
    if (waiting.includes(name))
      throw invalid(
        `targets need one another in a circle: ${[...waiting.slice(waiting.indexOf(name)), name].join(" → ")}`,
        spot,
      );
    if (chosen.includes(target)) return;
    for (const { value, spot: at } of mapOf(target.values, "contexts").values()) {
      const other = targetOfContext(value);
      if (other !== undefined) visit(other, at, [...waiting, name]);
    }
    chosen.push(target);
  };
  for (const name of names) visit(name, start, []);
  return chosen;
}
