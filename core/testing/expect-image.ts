import { AssertionError } from "node:assert";
import type { CapturedRun } from "../toolkit/run-captured.ts";
import { type ContainerOptions, ImageUnderTest, type TestedLayer } from "../toolkit/image-under-test.ts";
import { beSmallerThan, type ImageSize } from "./assertions/be-smaller-than.ts";
import { type ConfigExpectation, haveConfig } from "./assertions/have-config.ts";
import { type FileExpectation, haveFile, haveNoFile } from "./assertions/have-file.ts";
import { passStructureTests } from "./assertions/pass-structure-tests.ts";
import { type Verdict, verdictMessage } from "./assertions/verdict.ts";

/** Assertions about an image: each gives a promise that fails with an `AssertionError`, whatever runs the test. */
export interface ImageAssertions {
  /**
   * A file is there, and is as described. Links are followed inside the image.
   * @example await expectImage(built).toHaveFile("/app/server.js", { mode: "644", owner: "node", content: /listen/ });
   */
  toHaveFile(path: string, expected?: FileExpectation): Promise<void>;
  /** Nothing is at a path, or nothing at all has a path that matches. A link that leads nowhere is something. */
  toHaveNoFile(path: string | RegExp): Promise<void>;
  /** @example await expectImage(built).toHaveConfig({ user: "node", env: { NODE_ENV: "production" }, expose: [80] }); */
  toHaveConfig(expected: ConfigExpectation): Promise<void>;
  /** @example await expectImage(built).toBeSmallerThan("20MB"); */
  toBeSmallerThan(limit: ImageSize): Promise<void>;
  /** Every test of a file of container-structure-test passes. */
  toPassStructureTests(file: string): Promise<void>;
}

export interface ImageExpectation extends ImageAssertions {
  readonly not: ImageAssertions;
  /** Lowest first. */
  readonly layers: readonly TestedLayer[];
  /** Runs a command in a new container of the image and gives what it said: see `ImageUnderTest.run`. */
  run(command?: readonly string[], options?: ContainerOptions): Promise<CapturedRun>;
}

/** Assertions about an image that `build` or `open` gave, for node:test and every other runner. */
export function expectImage(image: ImageUnderTest): ImageExpectation {
  if (!(image instanceof ImageUnderTest)) {
    throw new TypeError("expectImage() takes what build() or open() resolves to: was an await forgotten?");
  }
  return {
    ...assertions(image, false),
    not: assertions(image, true),
    layers: image.layers,
    run: (command, options) => image.run(command, options),
  };
}

type Check = () => Verdict | Promise<Verdict>;

function assertions(image: ImageUnderTest, isNot: boolean): ImageAssertions {
  /** `operator` is also the method whose frames the error leaves out. */
  const settle = async (operator: keyof ImageAssertions, check: Check): Promise<void> => {
    const verdict = await check();
    if (verdict.pass !== isNot) return;
    throw assertionError(
      operator,
      verdictMessage(image, verdict, isNot),
      isNot ? undefined : verdict.compared,
    );
  };
  return {
    toHaveFile: (path, expected) => settle("toHaveFile", () => haveFile(image, path, expected)),
    toHaveNoFile: (path) => settle("toHaveNoFile", () => haveNoFile(image, path)),
    toHaveConfig: (expected) => settle("toHaveConfig", () => haveConfig(image, expected)),
    toBeSmallerThan: (limit) => settle("toBeSmallerThan", () => beSmallerThan(image, limit)),
    toPassStructureTests: (file) => settle("toPassStructureTests", () => passStructureTests(image, file)),
  };
}

/** Node writes the difference of two values itself, unless there is a message: so it is asked for that first. */
function assertionError(operator: string, message: string, compared: Verdict["compared"]): AssertionError {
  if (compared === undefined) return new AssertionError({ message, operator });
  const { message: difference } = new AssertionError({ ...compared, operator: "deepStrictEqual" });
  const [, ...lines] = difference.split("\n");
  return new AssertionError({ message: [message, ...lines].join("\n"), operator, ...compared });
}
