/** What a token allows: `repository:acme/web:pull,push` (distribution's token scope grammar). */
export type Scope = `repository:${string}:${string}`;

export const pullScope = (repository: string): Scope => `repository:${repository}:pull`;
export const pushScope = (repository: string): Scope => `repository:${repository}:pull,push`;
export const deleteScope = (repository: string): Scope => `repository:${repository}:delete`;

/** One scope per resource with the actions of all, in byte order: equal needs give equal lists. */
export function mergeScopes(scopes: readonly string[]): readonly string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const colon = scope.lastIndexOf(":");
    const resource = scope.slice(0, Math.max(0, colon));
    const wanted = actions.get(resource) ?? new Set<string>();
    for (const action of scope.slice(colon + 1).split(",")) wanted.add(action);
    actions.set(resource, wanted);
  }
  return [...actions].map(([resource, wanted]) => `${resource}:${[...wanted].sort().join(",")}`).sort();
}

/** Whether a token for `granted` (merged) is one for all of `wanted` too. */
export function coversScopes(granted: readonly string[], wanted: readonly string[]): boolean {
  // As it mostly is: a merge costs too much for every request.
  if (wanted.every((scope) => granted.includes(scope))) return true;
  const together = mergeScopes([...granted, ...wanted]);
  return together.length === granted.length && together.every((scope, index) => scope === granted[index]);
}
