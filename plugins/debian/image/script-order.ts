import type { PackageState } from "./database.ts";

/** Packages after what they need, as far as circles allow; by name otherwise. */
export function scriptOrder(states: readonly PackageState[]): PackageState[] {
  const sorted = [...states].sort((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map<string, PackageState>();
  for (const state of sorted) for (const name of state.provides) byName.set(name, state);
  for (const state of sorted) byName.set(state.name, state);
  const done = new Set<PackageState>();
  const ordered: PackageState[] = [];
  const visit = (state: PackageState): void => {
    if (done.has(state)) return;
    done.add(state);
    for (const name of state.needs) {
      const needed = byName.get(name);
      if (needed !== undefined) visit(needed);
    }
    ordered.push(state);
  };
  for (const state of sorted) visit(state);
  return ordered;
}
