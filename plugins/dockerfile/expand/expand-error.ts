/** Why a word cannot be expanded; the caller knows the place. */
export class ExpandError extends Error {
  /** `unsupported`: docker would do it. */
  readonly kind: "invalid" | "unsupported";

  constructor(kind: "invalid" | "unsupported", message: string) {
    super(message);
    this.kind = kind;
  }
}
