import { BaseSequencer, type TestSpecification } from "vitest/node";
import { seeded } from "./support/random.ts";

/** Files that take much longer than others: one of them that began last would run on alone. */
const long = [
  "e2e/kills.test.ts",
  "integration/node/real-projects.test.ts",
  "integration/debian/machine-mirror.test.ts",
  "e2e/examples.test.ts",
];

/**
 * Files in random order by the seed that vitest prints, as without it; but the long ones come before the others, and those that
 * share processes are together at the end.
 */
export class LongFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // What finds them first decides nothing.
    const sorted = files.toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
    const random = seeded(this.ctx.config.sequence.seed);
    const mixed = sorted
      .map((file) => ({ file, place: random() + turn(file) }))
      .sort((a, b) => a.place - b.place);
    return Promise.resolve(mixed.map(({ file }) => file));
  }
}

const turn = (file: TestSpecification): number => {
  if (isLong(file)) return -1;
  return file.project.config.isolate ? 0 : 1;
};

const isLong = ({ moduleId }: TestSpecification): boolean =>
  long.some((name) => moduleId.endsWith(`/test/${name}`));
