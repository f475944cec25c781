import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";

const page = path.resolve(import.meta.dirname, "../../docs/docker-differences.md");

/** The fields that the page lists under a heading, each with its reason: `- \`Field\` (versions of docker): why`. */
function listed(heading: string): {
  readonly always: ReadonlySet<string>;
  readonly sometimes: ReadonlySet<string>;
} {
  const [, section = ""] = fs.readFileSync(page, "utf8").split(`\n## ${heading}\n`);
  const lines = (section.split("\n## ")[0] ?? "").split("\n");
  const fields = lines.flatMap((line) => {
    const [, name, versions] = /^- `([^`]+)`( \([^)]+\))?: \S/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, always: versions === undefined }];
  });
  const names = (always: boolean) =>
    new Set(fields.filter((field) => field.always === always).map(({ name }) => name));
  return { always: names(true), sometimes: names(false) };
}

/** What differs is what the page lists, no more and no less. */
export function expectListed(found: readonly string[], heading: string, hint = ""): void {
  const { always, sometimes } = listed(heading);
  expect(new Set(found.filter((field) => !sometimes.has(field))), hint).toEqual(always);
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Paths of the members that differ, `Config.Env`; what one of the two lacks counts as different. */
export function differences(ours: Json | undefined, theirs: Json | undefined, at = ""): readonly string[] {
  const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(ours) || !isObject(theirs))
    return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [at];
  const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  return keys.flatMap((key) => differences(ours[key], theirs[key], at === "" ? key : `${at}.${key}`));
}
