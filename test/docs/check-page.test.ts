import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { graphRules, sourceRules } from "../../core/check/rule-table.ts";

describe("docs/check.md", () => {
  it("has a row for every rule, as the rule says", () => {
    const page = fs.readFileSync(path.resolve(import.meta.dirname, "../../docs/check.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| `(\w+)` +\| (.+?) +\| /gm)];
    expect(rows.map(([, id, severity, summary]) => ({ id, severity, summary }))).toEqual(
      [...graphRules, ...sourceRules].map(({ id, severity, summary }) => ({ id, severity, summary })),
    );
  });
});
