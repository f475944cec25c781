/** The promise of work that is done at once: what it throws rejects, as callers of an asynchronous function expect. */
export const promiseOf = <T>(work: () => T): Promise<T> => new Promise((resolve) => resolve(work()));
