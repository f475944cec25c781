/** Options are a few levels deep; what lies deeper is not theirs. */
const deepest = 6;

/**
 * A frozen copy of lists, plain objects and bytes, so that a declaration does not see what becomes of what it was given.
 * Anything else (images, sources, functions, URLs) is immutable or has an identity, and stays itself.
 */
export function snapshot<T>(value: T, depth = 0): T {
  if (typeof value !== "object" || value === null || depth > deepest) return value;
  if (Array.isArray(value))
    return Object.freeze(value.map((item: unknown) => snapshot(item, depth + 1))) as T;
  if (value instanceof Uint8Array) return value.slice() as T;
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === Object.prototype || prototype === null;
  if (!plain || Object.getOwnPropertySymbols(value).length > 0) return value;
  const entries = Object.entries(value).map(
    ([key, item]: [string, unknown]) => [key, snapshot(item, depth + 1)] as const,
  );
  return Object.freeze(Object.fromEntries(entries)) as T;
}
