/** Does some work, and gives the milliseconds of processors that it took: unlike time, no more where others want them too. */
export function processorTime<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, ms: (user + system) / 1000 };
}
