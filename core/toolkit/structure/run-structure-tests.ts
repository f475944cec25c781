import { isTsdockError } from "../../errors/tsdock-error.ts";
import type { Host } from "../host.ts";
import type { ImageUnderTest } from "../image-under-test.ts";
import { commandTest } from "./command-test.ts";
import { fileContent, fileExistence } from "./file-tests.ts";
import { metadata } from "./metadata-test.ts";
import type { StructureTests } from "./structure-file.ts";

/** What became of one test, with the fields that container-structure-test reports. */
export interface StructureResult {
  /** As the file has it; `Metadata Test` has no other. */
  readonly name: string;
  readonly kind: "command" | "fileContent" | "fileExistence" | "metadata";
  readonly pass: boolean;
  readonly errors: readonly string[];
  /** Of a command. */
  readonly stdout?: string;
  readonly stderr?: string;
  readonly ms: number;
}

type Outcome = { readonly errors: readonly string[]; readonly stdout?: string; readonly stderr?: string };

/** Runs the tests of a file one after the other, in the order of container-structure-test. A test that cannot be run has failed. */
export async function* runStructureTests(
  image: ImageUnderTest,
  tests: StructureTests,
  host: Host,
): AsyncGenerator<StructureResult> {
  for (const test of tests.commandTests ?? [])
    yield await result("command", test.name, () => commandTest(image, test, tests, host));
  for (const test of tests.fileContentTests ?? [])
    yield await result("fileContent", test.name, async () => ({ errors: await fileContent(image, test) }));
  for (const test of tests.fileExistenceTests ?? [])
    yield await result("fileExistence", test.name, async () => ({
      errors: await fileExistence(image, test),
    }));
  const { metadataTest } = tests;
  if (metadataTest !== undefined && metadataTest !== null)
    yield await result("metadata", "Metadata Test", async () => ({ errors: metadata(image, metadataTest) }));
}

async function result(
  kind: StructureResult["kind"],
  name: string,
  run: () => Promise<Outcome>,
): Promise<StructureResult> {
  const start = performance.now();
  const { errors, stdout, stderr } = await run().catch(failed);
  return {
    name,
    kind,
    pass: errors.length === 0,
    errors,
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    ms: Math.round(performance.now() - start),
  };
}

function failed(error: unknown): Outcome {
  if (!isTsdockError(error) || error.code === "INTERRUPTED") throw error;
  return { errors: [`${error.code}: ${error.message}`] };
}
