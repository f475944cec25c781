import path from "node:path";
import type { ImageUnderTest } from "../toolkit/image-under-test.ts";
import type { StructureResult } from "../toolkit/structure/run-structure-tests.ts";
import { type HostOptions, testHost } from "./test-host.ts";

/**
 * Runs the tests of a file of container-structure-test (schema version 2.0.0, YAML or JSON, relative to `cwd`) and gives what became
 * of each. Errors `TEST_FILE_INVALID`, `TEST_FILE_UNSUPPORTED`.
 */
export async function structureTests(
  image: ImageUnderTest,
  file: string,
  options: HostOptions = {},
): Promise<readonly StructureResult[]> {
  const [{ readStructureFile }, { runStructureTests }, host] = await Promise.all([
    import("../toolkit/structure/structure-file.ts"),
    import("../toolkit/structure/run-structure-tests.ts"),
    testHost(options),
  ]);
  const tests = readStructureFile(path.resolve(host.cwd, file));
  const results: StructureResult[] = [];
  for await (const result of runStructureTests(image, tests, host)) results.push(result);
  return results;
}
