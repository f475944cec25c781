import { createHash } from "node:crypto";

const identities = new WeakMap<object, string>();
const counts = new Map<string, number>();

/**
 * The same text for the same function object, another for any other. Made from the function's source, so that it is the same in
 * every process as long as no two functions read alike; those are numbered, since they may close over different values.
 */
export function functionIdentity(fn: (...args: never[]) => unknown): string {
  const known = identities.get(fn);
  if (known !== undefined) return known;
  const text = createHash("sha256").update(String(fn)).digest("hex").slice(0, 16);
  const number = counts.get(text) ?? 0;
  counts.set(text, number + 1);
  const identity = `${text}-${number}`;
  identities.set(fn, identity);
  return identity;
}
