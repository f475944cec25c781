import { describe, expect, it } from "vitest";
import { planPublish, type PlanRequest } from "../../../core/publish/plan/plan-publish.ts";
import { publishLevels } from "../../../core/publish/plan/publish-plan.ts";

const request = (more: Partial<PlanRequest> = {}): PlanRequest => ({
  images: ["web", "api"],
  destination: "registry.example/acme",
  tags: () => [{ tag: "1", class: "rolling", reason: "test" }],
  ...more,
});

describe("planPublish", () => {
  it("gives every image its repository and its own tags", () => {
    const plan = planPublish(
      request({
        tags: (name) => [{ tag: name === "web" ? "1.2.3" : "4.5.6", class: "immutable", reason: "test" }],
        dependsOn: (name) => (name === "web" ? ["api", "web", "not-published"] : []),
      }),
    );
    expect(plan.images).toEqual([
      {
        name: "web",
        repository: "registry.example/acme/web",
        dependsOn: ["api"],
        tags: [{ tag: "1.2.3", class: "immutable", reason: "test" }],
      },
      {
        name: "api",
        repository: "registry.example/acme/api",
        dependsOn: [],
        tags: [{ tag: "4.5.6", class: "immutable", reason: "test" }],
      },
    ]);
  });

  it("lets images share a repository, and no tag", () => {
    const shared = { repository: () => "registry.example/acme/all" };
    expect(() => planPublish(request(shared))).toThrow(
      "web and api would both be published as registry.example/acme/all:1",
    );
    const own = (name: string) => [{ tag: `${name}-1`, class: "rolling", reason: "test" }] as const;
    expect(planPublish(request({ ...shared, tags: own })).images).toHaveLength(2);
  });

  it("keeps a tag immutable if one of the rules says so", () => {
    const tags = () =>
      [
        { tag: "1", class: "immutable", reason: "a version" },
        { tag: "1", class: "rolling", reason: "a prefix" },
      ] as const;
    expect(planPublish(request({ images: ["web"], tags })).images[0]?.tags).toEqual([tags()[0]]);
  });

  it("reports every mistake at once, and one that all images share once", () => {
    const tags = () => [{ tag: "-", class: "rolling", reason: "test" }] as const;
    const repository = (name: string) => `registry.example/${name.toUpperCase()}`;
    expect(() => planPublish(request({ tags, repository }))).toThrow(
      expect.objectContaining({
        errors: [
          expect.objectContaining({ code: "REFERENCE_INVALID" }),
          expect.objectContaining({ code: "TAG_INVALID" }),
          expect.objectContaining({ code: "REFERENCE_INVALID" }),
        ],
      }) as Error,
    );
  });
});

describe("publishLevels", () => {
  it("puts images after those that they are made from", () => {
    const image = (name: string, ...dependsOn: string[]) => ({ plan: { name, dependsOn } });
    const images = [image("app", "base", "tools"), image("tools", "base"), image("base"), image("other")];
    const levels = publishLevels(images).map((level) => level.map(({ plan }) => plan.name));
    expect(levels).toEqual([["base", "other"], ["tools"], ["app"]]);
  });
});
