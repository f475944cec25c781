/** Milliseconds of a clock that only goes forward. The first `performance.now()` loads a module of Node's; every start would wait for it. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
