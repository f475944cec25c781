import { TsdockError } from "tsdock/plugin";
import type { PackageRecord } from "../archive/package-record.ts";
import type { PackageUniverse } from "../archive/package-universe.ts";
import { formatGroup } from "../control/relations.ts";
import { candidatesFor, type OpenGroup, Selection } from "./selection.ts";

/** Choices that may be taken back before the search is given up. */
const maxAttempts = 20_000;

interface Search {
  readonly universe: PackageUniverse;
  attempts: number;
  /** The first dead end: the one that says most, since later ones come of worse choices. */
  failure: string | undefined;
}

function recordDeadEnd(search: Search, selection: Selection, open: OpenGroup, why: string): void {
  search.failure ??= [...selection.chain(open.by), `${open.by} needs ${formatGroup(open.group)}`, why].join(
    "\n",
  );
}

/**
 * Adds everything that has no alternative, then returns the groups that leave a choice; undefined at a dead end.
 * What must be comes before what may be, so that a choice is made knowing what is there anyway.
 */
function propagate(search: Search, selection: Selection): Selection | undefined {
  const choices: OpenGroup[] = [];
  for (let next = 0; next < selection.open.length; next++) {
    const open = selection.open[next];
    if (open === undefined || selection.satisfied(open.group)) continue;
    const candidates = candidatesFor(open.group, search.universe);
    const [only] = candidates;
    if (only === undefined) {
      recordDeadEnd(search, selection, open, "no package of the indices is that");
      return undefined;
    }
    if (new Set(candidates.map(({ record }) => record.name)).size > 1) {
      choices.push(open);
      continue;
    }
    const obstacle = selection.obstacle(only.record);
    if (obstacle !== undefined) {
      recordDeadEnd(search, selection, open, obstacle);
      return undefined;
    }
    selection.add(only.record, { by: open.by, relation: formatGroup(open.group) });
  }
  selection.open = choices;
  return selection;
}

function solve(search: Search, start: Selection): Selection | undefined {
  const selection = propagate(search, start);
  if (selection === undefined) return undefined;
  const open = selection.open.find(({ group }) => !selection.satisfied(group));
  if (open === undefined) return selection;
  let why = "";
  for (const { record } of candidatesFor(open.group, search.universe)) {
    const obstacle = selection.obstacle(record);
    if (obstacle !== undefined) {
      why ||= obstacle;
      continue;
    }
    if (search.attempts++ > maxAttempts) return undefined;
    const trial = selection.clone();
    trial.add(record, { by: open.by, relation: formatGroup(open.group) });
    const solved = solve(search, trial);
    if (solved !== undefined) return solved;
  }
  recordDeadEnd(search, selection, open, why || "every alternative leads to a dead end");
  return undefined;
}

/** One package of `packages`: `name`, or `name=version` to hold a version. */
function requested(text: string, universe: PackageUniverse): PackageRecord {
  const [name = "", version] = text.split("=");
  const versions = universe.versions(name);
  const record =
    version === undefined ? versions[0] : versions.find((candidate) => candidate.version === version);
  if (record !== undefined) return record;
  if (versions.length > 0) {
    throw new TsdockError("DEBIAN_UNSATISFIABLE", `there is no version ${version ?? ""} of ${name}`, {
      hint: `the indices have ${versions.map((candidate) => candidate.version).join(", ")}`,
    });
  }
  const providers = universe.providers(name).map((provider) => provider.record);
  const [only] = providers;
  if (only !== undefined && providers.length === 1) return only;
  throw new TsdockError("DEBIAN_UNSATISFIABLE", `there is no package ${name} for ${universe.architecture}`, {
    hint:
      providers.length > 0
        ? `it is a virtual package: name one of ${providers.map((provider) => provider.name).join(", ")}`
        : "check its name, the suite and `components` (contrib, non-free and non-free-firmware must be asked for)",
  });
}

/**
 * The packages asked for and everything that they need (Pre-Depends and Depends), by name. Deterministic: what is there
 * already is preferred, then the first alternative, then who provides it by priority and name. Conflicts and Breaks hold.
 * Error `DEBIAN_UNSATISFIABLE` with the chain of who needs whom.
 */
export function closePackages(
  packages: readonly string[],
  essential: boolean,
  universe: PackageUniverse,
): PackageRecord[] {
  const roots = [
    ...(essential ? universe.essential : []),
    ...packages.map((name) => requested(name, universe)),
  ];
  const start = new Selection(universe);
  for (const record of roots) {
    if (start.chosen.get(record.name) === record) continue;
    const obstacle = start.obstacle(record);
    if (obstacle !== undefined) {
      throw new TsdockError("DEBIAN_UNSATISFIABLE", `${record.name} cannot be added: ${obstacle}`);
    }
    start.add(record, undefined);
  }
  const search: Search = { universe, attempts: 0, failure: undefined };
  const solved = solve(search, start);
  if (solved === undefined) {
    throw new TsdockError(
      "DEBIAN_UNSATISFIABLE",
      `the dependencies of ${packages.join(", ")} cannot be satisfied`,
      {
        details: search.failure ?? "the search was given up",
        hint: "leave out or hold (name=version) one of the packages named above",
      },
    );
  }
  return [...solved.chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
