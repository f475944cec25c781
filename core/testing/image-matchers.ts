import { ImageUnderTest } from "../toolkit/image-under-test.ts";
import { beSmallerThan, type ImageSize } from "./assertions/be-smaller-than.ts";
import { type ConfigExpectation, haveConfig } from "./assertions/have-config.ts";
import { type FileExpectation, haveFile, haveNoFile } from "./assertions/have-file.ts";
import { passStructureTests } from "./assertions/pass-structure-tests.ts";
import { type Verdict, verdictMessage } from "./assertions/verdict.ts";

/** What `expect.extend` takes of a matcher's result; vitest and jest show the difference of `actual` and `expected` themselves. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

interface MatcherState {
  readonly isNot?: boolean;
}

type Check<Args extends readonly unknown[]> = (
  image: ImageUnderTest,
  ...args: Args
) => Verdict | Promise<Verdict>;

const matcher = <Args extends readonly unknown[]>(name: string, check: Check<Args>) =>
  async function (this: MatcherState, received: unknown, ...args: Args): Promise<MatcherResult> {
    if (!(received instanceof ImageUnderTest)) {
      throw new TypeError(
        `${name} takes what build() or open() of tsdock/testing resolves to, and was given ${typeof received}: was an await forgotten?`,
      );
    }
    const verdict = await check(received, ...args);
    const { isNot = false } = this;
    const message = (): string => verdictMessage(received, verdict, isNot);
    return isNot ? { pass: verdict.pass, message } : { pass: verdict.pass, message, ...verdict.compared };
  };

/**
 * Matchers for `expect.extend` of vitest (jest takes them too). They are asynchronous: write `await expect(built).toHaveFile(…)`.
 * With vitest import them from `tsdock/testing/vitest`, which also tells its types.
 */
export const imageMatchers = {
  toHaveFile: matcher<[path: string, expected?: FileExpectation]>("toHaveFile", haveFile),
  toHaveNoFile: matcher<[path: string | RegExp]>("toHaveNoFile", haveNoFile),
  toHaveConfig: matcher<[expected: ConfigExpectation]>("toHaveConfig", haveConfig),
  toBeSmallerThan: matcher<[limit: ImageSize]>("toBeSmallerThan", beSmallerThan),
  toPassStructureTests: matcher<[file: string]>("toPassStructureTests", passStructureTests),
};
