import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { commands } from "../../core/cli/command-table.ts";
import { codes } from "../../core/errors/codes.ts";
import { cliPage } from "./cli-page.ts";
import { errorsPage } from "./errors-page.ts";

const docs = path.resolve(import.meta.dirname, "../../docs");

describe("the reference pages", () => {
  // `npm run docs` writes them anew.
  it("say what the command table says", async () => {
    await expect(cliPage()).toMatchFileSnapshot(path.join(docs, "cli.md"));
  });

  it("say what the error codes say, all of them", async () => {
    const page = errorsPage();
    expect(Object.keys(codes).filter((code) => !page.includes(`\`${code}\` (`))).toEqual([]);
    await expect(page).toMatchFileSnapshot(path.join(docs, "errors.md"));
  });

  it("describe every JSON document and every event", () => {
    const page = fs.readFileSync(path.join(docs, "json.md"), "utf8");
    const documents = commands.filter(({ options }) => options.some(({ flags }) => flags === "--json"));
    expect(documents.filter(({ name }) => !page.includes(`\n## ${name}\n`)).map(({ name }) => name)).toEqual(
      [],
    );
    const source = fs.readFileSync(path.resolve(docs, "../core/events.ts"), "utf8");
    const events = [...source.matchAll(/readonly type: "([a-z.]+)"/g)].map(([, type = ""]) => type);
    expect(events.length).toBeGreaterThan(10);
    expect(events.filter((type) => !page.includes(`\n- \`${type}\`: `))).toEqual([]);
  });

  it("link only to pages that are there", () => {
    const pages = [
      path.resolve(docs, "../README.md"),
      ...fs.readdirSync(docs).map((name) => path.join(docs, name)),
    ];
    const dead = pages
      .filter((page) => page.endsWith(".md"))
      .flatMap((page) => {
        const links = [...fs.readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
          ([, link]) => link,
        );
        return links.filter((link = "") => !fs.existsSync(path.resolve(path.dirname(page), link)));
      });
    expect(dead).toEqual([]);
  });
});
