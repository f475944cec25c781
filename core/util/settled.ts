/**
 * Whether a later change must show in the times of a file or directory that was read at `readAt`. One that follows within the clock's
 * granularity would not (git calls such a file racily clean): file systems count times in ticks of the kernel's clock, some in seconds.
 * The kernel sets ctime at every change and nobody can set it back.
 */
export const isSettled = ({ ctimeMs }: { readonly ctimeMs: number }, readAt: number): boolean =>
  readAt - ctimeMs > (ctimeMs % 1000 === 0 ? 2100 : 50);
