import fs from "node:fs";
import path from "node:path";
import { isTsdockError, throwAll, TsdockError } from "../errors/tsdock-error.ts";
import type { Host } from "./host.ts";
import type { ImageUnderTest } from "./image-under-test.ts";
import { junitReport } from "./structure/junit-report.ts";
import type { FileResult, StructureTestsReport } from "./structure/report.ts";
import { runStructureTests } from "./structure/run-structure-tests.ts";
import { readStructureFile, type StructureTests } from "./structure/structure-file.ts";
import { buildNamed, openStored } from "./test-image.ts";

export interface StructureTestsRequest {
  /** Of the store, `oci:DIR[:TAG]` or `docker-archive:FILE`; with `build` the name of an image of the workspace. */
  readonly image: string;
  /** Relative to `cwd`. */
  readonly files: readonly string[];
  readonly platform: string | undefined;
  /** Build it first. */
  readonly build: boolean;
  readonly params: Readonly<Record<string, string>>;
  readonly config: string | undefined;
  /** Where a report goes in the form of JUnit, relative to `cwd`. */
  readonly junit: string | undefined;
  /** Told of each test when it is done. */
  readonly onResult?: (result: FileResult) => void;
}

/**
 * Runs files of container-structure-test on an image. Errors `TEST_FILE_INVALID` and `TEST_FILE_UNSUPPORTED` of all files at once, before
 * anything is run; a test that fails is a result.
 */
export async function structureTests(
  request: StructureTestsRequest,
  host: Host,
): Promise<StructureTestsReport> {
  const start = performance.now();
  const files = readAll(request.files, host);
  const image = await openImage(request, host);
  const results: FileResult[] = [];
  for (const { file, tests } of files) {
    for await (const result of runStructureTests(image, tests, host)) {
      host.signal.throwIfAborted();
      const told = { file, ...result };
      results.push(told);
      request.onResult?.(told);
    }
  }
  const failed = results.filter(({ pass }) => !pass).length;
  const report: StructureTestsReport = {
    image: image.name,
    imageId: image.imageId,
    platform: image.platform,
    passed: results.length - failed,
    failed,
    results,
    ms: Math.round(performance.now() - start),
  };
  if (request.junit !== undefined) write(path.resolve(host.cwd, request.junit), junitReport(report));
  return report;
}

function openImage(request: StructureTestsRequest, host: Host): Promise<ImageUnderTest> {
  const { image, platform, build, params, config } = request;
  if (!build) return openStored(image, { platform }, host);
  const plain = { secrets: [], noCache: false, locked: false };
  return buildNamed(image, { ...plain, platform, params, config }, host);
}

interface ReadFile {
  readonly file: string;
  readonly tests: StructureTests;
}

function readAll(files: readonly string[], { cwd }: Host): readonly ReadFile[] {
  const errors: TsdockError[] = [];
  const read = files.flatMap((file): readonly ReadFile[] => {
    try {
      return [{ file, tests: readStructureFile(path.resolve(cwd, file)) }];
    } catch (error) {
      if (isTsdockError(error)) errors.push(error);
      else if (error instanceof Error && "errors" in error) errors.push(...(error.errors as TsdockError[]));
      else throw error;
      return [];
    }
  });
  throwAll(errors);
  return read;
}

function write(file: string, text: string): void {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new TsdockError("OUTPUT_UNWRITABLE", `the report ${file} cannot be written: ${message}`, {
      hint: "name a file in a directory that can be written to",
    });
  }
}
