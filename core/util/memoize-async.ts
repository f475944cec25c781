/** Calls `work` once per key; callers that come while it runs share the result. A failure is forgotten, so that it may be tried again. */
export function memoizeAsync<K, V>(work: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const results = new Map<K, Promise<V>>();
  return (key) => {
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = work(key);
    results.set(key, result);
    result.catch(() => results.delete(key));
    return result;
  };
}
