import type { ImageUnderTest } from "../../toolkit/image-under-test.ts";

/** What became of an assertion. */
export interface Verdict {
  readonly pass: boolean;
  /** What was looked for: `to have the file /app/server.js`. */
  readonly what: string;
  /** Why it does not hold; empty where it does. */
  readonly reason: string;
  /** For a difference, where there is one to show. */
  readonly compared?: { readonly actual: unknown; readonly expected: unknown };
}

/** One line that says what was expected of which image, and what is there instead. */
export const verdictMessage = (image: ImageUnderTest, { what, reason }: Verdict, isNot: boolean): string =>
  isNot
    ? `expected ${image.toString()} not ${what}, and it does`
    : `expected ${image.toString()} ${what}: ${reason}`;
