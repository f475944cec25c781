import { expect, it } from "vitest";
import { decideRolling, type VersionLine } from "../../../core/publish/tags/version-line.ts";

const line = (given: Partial<VersionLine>): VersionLine => ({
  scheme: "pep440",
  version: "1.2",
  same: [],
  among: "stable",
  forms: [{ prefix: "", suffix: "" }],
  ...given,
});

it.each<[string, Partial<VersionLine>, readonly string[], "move" | "skip"]>([
  ["a date is no version", {}, ["20240506"], "move"],
  ["a lone number is one where versions are such", { version: "7" }, ["8"], "skip"],
  ["another variant does not count", { forms: [{ prefix: "", suffix: "-alpine" }] }, ["1.3"], "move"],
  ["the same variant does", { forms: [{ prefix: "", suffix: "-alpine" }] }, ["1.3-alpine"], "skip"],
  ["pre-releases do not hold a release back", {}, ["2.0rc1", "1.2.post1"], "move"],
  ["the same version again moves", {}, ["1.2"], "move"],
])("%s", (_, given, published, action) => {
  expect(decideRolling({ line: line(given) }, published).action).toBe(action);
});
