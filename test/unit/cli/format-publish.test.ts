import { expect, it } from "vitest";
import { formatPublishTable } from "../../../core/cli/format-publish.ts";

const result = (facts: readonly { name: string; value: string; source: string }[]) => ({
  destination: "registry.example/acme",
  facts,
  images: [],
  blobs: { uploaded: 0, mounted: 0, existing: 0, bytes: 0 },
  ms: 1000,
});
const versions = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const directory = `packages/p${index}`;
    return { name: `version of ${directory}`, value: `1.0.${index}`, source: `${directory}/package.json` };
  });

it("shows each fact where there are few", () => {
  const table = formatPublishTable(result(versions(8)), false);
  expect(table.split("\n").filter((line) => line.startsWith("version of "))).toHaveLength(8);
});

it("counts the versions of a monorepo's packages and shows what all images have in common", () => {
  const ref = { name: "ref", value: "refs/heads/main", source: "git" };
  const table = formatPublishTable(result([ref, ...versions(500)]), false);
  expect(table).toContain("refs/heads/main");
  expect(table).toMatch(/^versions +500 of them +500 sources, all of them in --json$/m);
  expect(table.split("\n").length).toBeLessThan(6);
});
