import { describe, expect, it } from "vitest";
import { packageDescription } from "../../../core/config/package-description.ts";

const describePackage = (members: object) => packageDescription(JSON.stringify(members));

describe("what a package.json says", () => {
  it("is its description, homepage, repository and license", () => {
    expect(
      describePackage({
        name: "@acme/web",
        version: "1.2.3",
        description: "The shop's\n  front end ",
        homepage: "https://acme.example/web",
        repository: { type: "git", url: "git+https://github.com/acme/mono.git", directory: "packages/web" },
        license: "(MIT OR Apache-2.0)",
      }),
    ).toEqual({
      description: "The shop's front end",
      url: "https://acme.example/web",
      source: "https://github.com/acme/mono",
      licenses: "(MIT OR Apache-2.0)",
    });
  });

  it("may be short, or of npm's old form", () => {
    expect(
      describePackage({ repository: "acme/web", license: { type: "MIT", url: "https://x.example" } }),
    ).toEqual({
      source: "https://github.com/acme/web",
      licenses: "MIT",
    });
  });

  it.each([
    [{ license: "UNLICENSED" }],
    [{ license: "SEE LICENSE IN LICENSE.md" }],
    [{ description: " ", homepage: "", repository: {}, license: 1 }],
    [{ description: ["a"], homepage: { url: "https://acme.example" }, repository: 1 }],
    [["description"]],
  ])("is nothing where it says %j", (members) => {
    expect(describePackage(members)).toEqual({});
  });

  it("is nothing where it is no JSON", () => {
    expect(["", "{", "null", "1"].map(packageDescription)).toEqual([{}, {}, {}, {}]);
    expect(packageDescription('\uFEFF{"license":"MIT"}')).toEqual({ licenses: "MIT" });
  });
});
