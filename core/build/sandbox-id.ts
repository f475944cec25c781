let count = 0;

/** A name for a running command, unique on this machine. */
export const sandboxId = (vertexId: string): string =>
  `tsdock-${process.pid}-${(count++).toString(36)}-${vertexId.slice(0, 8)}`;
