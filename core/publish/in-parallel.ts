import { createLimiter } from "../util/limiter.ts";

/**
 * Does `work` for every item, `limit` at a time, and gives the results in the order of the items. The first failure stops
 * what runs and what waits; it is thrown when nothing runs any more.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<readonly R[]> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const limited = createLimiter(limit);
  const running = items.map((item) =>
    limited(async () => {
      both.throwIfAborted();
      try {
        return await work(item, both);
      } catch (error) {
        // The others end with this reason, so whichever is thrown first is the one that matters.
        stop.abort(error);
        throw error;
      }
    }),
  );
  await Promise.allSettled(running);
  both.throwIfAborted();
  return Promise.all(running);
}
