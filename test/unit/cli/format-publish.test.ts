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

it("shows annotations and counts attestations in a dry run", () => {
  const image = (name: string) => ({
    name,
    repository: `registry.example/acme/${name}`,
    digest: `sha256:${"a".repeat(64)}` as const,
    imageId: null,
    platforms: [],
    tags: [],
    annotations: [
      { name: "org.opencontainers.image.title", value: `${name}\u001b[2J`, source: "the image's name" },
    ],
    attestations: [
      {
        subject: `sha256:${"a".repeat(64)}` as const,
        artifactType: "application/spdx+json",
        digest: `sha256:${"b".repeat(64)}` as const,
        action: "create" as const,
      },
    ],
  });
  const few = formatPublishTable({ ...result([]), images: [image("web")] }, true);
  expect(few).toMatch(/^web +org[.]opencontainers[.]image[.]title +web +the image's name$/m);
  expect(few).toContain("; 1 attestations, 1 of them new");
  const images = Array.from({ length: 50 }, (_, index) => image(`i${index}`));
  expect(formatPublishTable({ ...result([]), images }, true)).toMatch(
    /^annotations +50 of 50 images, all of them in --json$/m,
  );
  expect(formatPublishTable({ ...result([]), images }, false)).not.toContain("annotations");
});
