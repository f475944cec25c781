/** Gives the offset of a value or a key in a text; of the nearest object around it where it is not written out. */
export type Offsets = (path: readonly string[], part: "key" | "value") => number | undefined;
