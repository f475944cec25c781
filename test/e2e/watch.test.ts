import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CliWorkspace } from "../support/cli.ts";
import { lingeringWith } from "../support/processes.ts";
import { Watching, type WatchedRound } from "../support/watching.ts";

const module = (name: string, from: string): string =>
  `import { image, scratch } from "tsdock";\nexport const ${name} = image().from(scratch).copy("${from}", "/").cmd(["/x"]);\n`;

/** As editors save: another file takes the place of the old one. */
function saveAtomically(file: string, text: string): void {
  fs.writeFileSync(`${file}~`, fs.readFileSync(file));
  fs.writeFileSync(`${file}.swp-new`, text);
  fs.renameSync(`${file}.swp-new`, file);
  fs.rmSync(`${file}~`);
}

describe("tsdock watch", () => {
  let one: CliWorkspace;
  let watching: Watching;
  let ids: Readonly<Record<string, string>>;

  /** Does something and waits for the round that follows. */
  const after = async (change: () => void): Promise<WatchedRound> => {
    change();
    const round = await watching.settled();
    ids = { ...ids, ...round.imageIds };
    return round;
  };

  beforeAll(async () => {
    one = new CliWorkspace();
    one.write("src/a.txt", "1");
    one.write(".dockerignore", "src/*.log\n.home\n");
    one.write("helper.ts", 'export const command: string = "/one";\n');
    one.write("settings.ts", 'export const greeting: string = "hi";\n');
    one.write(
      "tsdock.config.ts",
      'import { defineConfig } from "tsdock";\nimport { greeting } from "./settings.ts";\nexport default defineConfig({ params: { greeting } });\n',
    );
    one.write(
      "web.image.ts",
      'import { image, param, scratch } from "tsdock";\nimport { command } from "./helper.ts";\nconst greeting = param("greeting", "hello");\nexport const web = image().from(scratch).copy("src", "/src/").env({ GREETING: greeting }).cmd([command]);\n',
    );
    watching = new Watching(one);
    ({ imageIds: ids } = await watching.settled());
  });
  afterAll(async () => {
    expect(await watching.interrupt()).toBe(130);
    expect(await lingeringWith(one.home)).toEqual([]);
    await one[Symbol.asyncDispose]();
  });

  it("builds again when a file of a context is written, replaced, added or removed, and says which", async () => {
    const known = new Set([ids["web"]]);
    const changes: readonly (readonly [string, () => void])[] = [
      ["src/a.txt", () => one.write("src/a.txt", "2")],
      ["src/a.txt", () => saveAtomically(one.path("src/a.txt"), "3")],
      ["src/new/b.txt", () => one.write("src/new/b.txt", "b")],
      ["src/newer", () => fs.renameSync(one.path("src/new"), one.path("src/newer"))],
      ["src/newer/b.txt", () => one.write("src/newer/b.txt", "c")],
      ["src/newer", () => fs.rmSync(one.path("src/newer"), { recursive: true })],
      ["src/link", () => fs.symlinkSync("a.txt", one.path("src/link"))],
    ];
    for (const [file, change] of changes) {
      const before = ids["web"];
      const { outcome, files } = await after(change);
      expect(outcome).toBe("built");
      expect(files, file).toContain(one.path(file));
      expect(ids["web"], file).not.toBe(before);
      known.add(ids["web"]);
    }
    // Without `newer` all is as it was before `new`.
    expect(known.size).toBe(changes.length);
  });

  it("builds again when a module, what it imports, the configuration or what that imports is edited", async () => {
    const changes: readonly (() => void)[] = [
      () => one.write("helper.ts", 'export const command: string = "/two";\n'),
      () => one.write("settings.ts", 'export const greeting: string = "hey";\n'),
      () =>
        saveAtomically(
          one.path("web.image.ts"),
          fs.readFileSync(one.path("web.image.ts"), "utf8").replace('"/src/"', '"/s/"'),
        ),
      () =>
        one.write(
          "tsdock.config.ts",
          'import { defineConfig } from "tsdock";\nexport default defineConfig({ params: { greeting: "good day" } });\n',
        ),
    ];
    for (const change of changes) {
      const before = ids["web"];
      expect((await after(change)).outcome).toBe("built");
      expect(ids["web"]).not.toBe(before);
    }
  });

  it("finds modules that come, and forgets those that go", async () => {
    const { imageIds } = await after(() =>
      one.write("apps/api/api.image.ts", module("api", "apps/api/api.image.ts")),
    );
    expect(Object.keys(imageIds).sort()).toEqual(["api", "web"]);
    const rest = await after(() => fs.rmSync(one.path("apps"), { recursive: true }));
    expect(Object.keys(rest.imageIds)).toEqual(["web"]);
  });

  it("says what is wrong with a module and goes on when it is mended", async () => {
    const good = fs.readFileSync(one.path("web.image.ts"), "utf8");
    expect((await after(() => one.write("web.image.ts", good.replace(".from(", ".frm(")))).outcome).toBe(
      "failed",
    );
    expect(watching.lines.join("\n")).toMatch(
      /error MODULE_THREW .*frm[\s\S]*web\.image\.ts:4[\s\S]*did you mean from/,
    );
    // What a module needs may come from anywhere.
    expect((await after(() => one.write("web.image.ts", `import "./lib/later.ts";\n${good}`))).outcome).toBe(
      "failed",
    );
    expect(watching.lines.join("\n")).toMatch(/error MODULE_NOT_FOUND/);
    expect((await after(() => one.write("lib/later.ts", "export {};\n"))).outcome).toBe("built");
    expect((await after(() => one.write("web.image.ts", good))).outcome).toBe("built");
  });

  it("leaves alone what .dockerignore hides, and what no image depends on", async () => {
    one.write("src/app.log", "x");
    one.write("node_modules/x/index.js", "x");
    one.write(".git/index", "x");
    one.write("src/.a.txt.swp", "x");
    expect(await watching.isQuiet(600)).toBe(true);
    const before = ids["web"];
    await after(() => one.write(".dockerignore", ".home\n"));
    expect(ids["web"]).not.toBe(before);
    await after(() => one.write("src/app.log", "y"));
    fs.rmSync(one.path("src/.a.txt.swp"));
  });

  it("builds once when hundreds of files change at once", async () => {
    const rounds = watching.events.filter(({ type }) => type === "watch.start").length;
    await after(() => {
      for (let index = 0; index < 400; index++)
        one.write(`src/many/${index % 20}/${index}.txt`, String(index));
    });
    expect(await watching.isQuiet(600)).toBe(true);
    const begun = watching.events.filter(({ type }) => type === "watch.start").length - rounds;
    // One, or a few where a busy machine takes its time to write them.
    expect(begun).toBeLessThanOrEqual(10);
  });
});
