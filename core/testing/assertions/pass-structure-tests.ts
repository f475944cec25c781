import type { ImageUnderTest } from "../../toolkit/image-under-test.ts";
import { structureTests } from "../structure-tests.ts";
import type { Verdict } from "./verdict.ts";

/** Whether every test of a file of container-structure-test passes. */
export async function passStructureTests(image: ImageUnderTest, file: string): Promise<Verdict> {
  const failed = (await structureTests(image, file)).filter(({ pass }) => !pass);
  const lines = failed.map(({ kind, name, errors }) => `${kind} ${name}: ${errors.join("; ")}`);
  return { pass: failed.length === 0, what: `to pass the tests of ${file}`, reason: lines.join("\n") };
}
