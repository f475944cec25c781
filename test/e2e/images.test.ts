import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";

const source = (motd: string) => `import { image, scratch } from "tsdock";
export const web = image()
  .from(scratch)
  .file("/etc/motd", ${JSON.stringify(motd)})
  .file("/etc/same", "same")
  .env({ LANG: "C" })
  .label({ stage: ${JSON.stringify(motd)} });
`;

async function built(): Promise<CliWorkspace> {
  const one = new InProcessWorkspace();
  for (const motd of ["first", "second"]) {
    one.write("web.image.ts", source(motd));
    expect((await one.run(["build", "--tag", `registry.example/web:${motd}`])).exitCode).toBe(0);
  }
  return one;
}

const out = async (one: CliWorkspace, ...args: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await one.run(args);
  expect(exitCode, stderr).toBe(0);
  return stdout;
};
const records = (one: CliWorkspace): readonly string[] => fs.readdirSync(path.join(one.home, "records"));

describe("images of the store", () => {
  it("are suggested for names that are almost theirs", async () => {
    await using one = await built();
    for (const args of [
      ["image", "history", "wbe"],
      ["image", "tag", "wbe", "x"],
    ]) {
      const { exitCode, stdout, stderr } = await one.run(args);
      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/^error IMAGE_NOT_FOUND there is no image wbe .*\n {2}hint did you mean web\? /);
    }
  });

  it("are compared, file by file and setting by setting", async () => {
    await using one = await built();
    const names = ["registry.example/web:first", "registry.example/web:second"];
    expect(await out(one, "image", "diff", ...names)).toBe(
      'C /etc/motd (content 5 → 6 bytes)\nC config.Labels.stage: "first" → "second"\n',
    );
    const diff = JSON.parse(await out(one, "image", "diff", "--json", ...names)) as Record<string, unknown>;
    expect(diff).toMatchObject({
      files: [{ path: "/etc/motd", change: "changed", what: ["content"], from: 5, to: 6 }],
      config: [{ path: "config.Labels.stage", from: "first", to: "second" }],
    });
    expect(await out(one, "image", "diff", "web", "web")).toBe("");
    // What exists for one platform only is not handed out as another.
    const other = process.arch === "arm64" ? "linux/amd64" : "linux/arm64";
    const { exitCode, stderr } = await one.run(["image", "history", "--platform", other, "web"]);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/^error PLATFORM_MISSING .*has no image for/),
    ]);
  });

  it("are found by labels and age, and removed with what only they need", async () => {
    await using one = await built();
    const names = async (...filters: readonly string[]) =>
      (
        await out(
          one,
          "image",
          "ls",
          "--format",
          "{{.Repository}}:{{.Tag}}",
          ...filters.flatMap((filter) => ["--filter", filter]),
        )
      )
        .trim()
        .split("\n");
    expect(await names("label=stage=first")).toEqual(["registry.example/web:first"]);
    expect(await names("before=web")).toEqual(["registry.example/web:first"]);
    expect(await names("since=registry.example/web:first")).toEqual([
      "registry.example/web:second",
      "web:latest",
    ]);
    expect(await names("dangling=true")).toEqual([""]);
    // A name that moves on leaves an image without one.
    await out(one, "tag", "web", "registry.example/web:first");
    expect(await names("dangling=true")).toEqual(["<none>:<none>"]);
    const pruned = await out(one, "image", "prune", "-f");
    expect(pruned).toMatch(
      /^Deleted Images:\ndeleted: sha256:[0-9a-f]{64}\n\nTotal reclaimed space: \S+B\n$/,
    );
    expect(await names()).toEqual([
      "registry.example/web:first",
      "registry.example/web:second",
      "web:latest",
    ]);
    expect(await out(one, "image", "prune", "-f")).toBe("Total reclaimed space: 0B\n");
    expect(await out(one, "doctor")).toContain("the store is sound");
  });

  it("tell where they were written, also after lines moved, without a record for builds that did nothing", async () => {
    await using one = await built();
    const places = () => out(one, "history", "--source", "--format", "{{.Source}}", "web");
    expect(
      (await places())
        .trim()
        .split("\n")
        .reverse()
        .map((place) => place.split(":")[1]),
    ).toEqual(["4", "5", "6", "7"]);
    const before = records(one).length;
    await out(one, "build");
    expect(records(one)).toHaveLength(before);
    one.write("web.image.ts", `// A line above.\n${source("second")}`);
    await out(one, "build");
    await out(one, "build");
    expect(records(one)).toHaveLength(before + 1);
    expect((await places()).trim().split("\n").at(-1)).toMatch(/^web\.image\.ts:5:\d+$/);
  });

  it("refuse what cannot be", async () => {
    await using one = await built();
    for (const [args, code] of [
      [["image", "ls", "--format", "{{.Nothing}}"], "FORMAT_INVALID"],
      [["image", "ls", "--filter", "size=1"], "FILTER_INVALID"],
      [["image", "inspect", "nobody"], "IMAGE_NOT_FOUND"],
      [["image", "diff", "web", "nobody"], "IMAGE_NOT_FOUND"],
    ] as const) {
      const { stderr } = await one.run(args);
      expect(stderr, args.join(" ")).toContain(`error ${code} `);
    }
  });
});
