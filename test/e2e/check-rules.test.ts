import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { finished } from "../support/cli.ts";
import { sarifMistakes } from "../support/sarif-mistakes.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";

const dsl = 'import { image, mount, param, scratch } from "tsdock";\n';

interface Document {
  readonly problems: readonly {
    readonly code: string;
    readonly rule?: string;
    readonly severity: string;
    readonly message: string;
    readonly place?: { readonly file: string; readonly line: number; readonly column: number };
  }[];
  readonly fixed: readonly { readonly name: string }[];
  readonly outdated: readonly string[];
}

/** What of SARIF 2.1.0 its readers need. */
interface Sarif {
  readonly version: string;
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly level: string;
        readonly message: { readonly text: string };
        readonly locations: readonly [
          {
            readonly physicalLocation: {
              readonly artifactLocation: unknown;
              readonly region: { readonly startLine: number };
            };
          },
        ];
        readonly partialFingerprints: Readonly<Record<string, string>>;
      }[];
    },
  ];
}

async function check(
  workspace: InProcessWorkspace,
  exitCode: number,
  ...args: readonly string[]
): Promise<Document> {
  const result = await workspace.run(["check", "--json", ...args]);
  expect(result.exitCode, `${result.stdout}${result.stderr}`).toBe(exitCode);
  return JSON.parse(result.stdout) as Document;
}

const lines = ({ problems }: Document): readonly string[] =>
  problems.map(({ rule, code, severity, place }) => {
    const where = place === undefined ? "" : ` ${path.basename(place.file)}:${place.line}:${place.column}`;
    return `${severity} ${rule ?? code}${where}`;
  });

const token = `ghp_${"a1B2".repeat(9)}`;

const declarations = `${dsl}
export const web = image().from("nginx")
  .env({ GREETING: "hello", DB_PASSWORD: "hunter2!", DB_PASSWORD_FILE: "/run/secrets/db", TOKEN_TTL: "3600" })
  .label({ note: "${token}" })
  .run("apt-get update && apt-get install -y curl")
  .run("apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*")
  .run("apt-get update", { mounts: [mount.cache("/var/lib/apt")] })
  .run("apk add --no-cache curl", { env: { API_KEY: "x9x9x9x9" } })
  .add({ git: "https://git.example/a.git", ref: "main" }, "/src")
  .add({ git: "https://git.example/b.git", ref: "${"0".repeat(40)}" }, "/other")
  .copy("/a", "/b", { from: "pinned@sha256:${"0".repeat(64)}" })
  .copy("/a", "/c", { from: "busybox:1.36" })
  .user("root").cmd(["nginx"]);
export const tool = image().from(scratch).file("/tool", "x").entrypoint(["/tool"]);
export const files = image().from(scratch).file("/f", "x");
export const safe = image().from(scratch).file("/tool", "x").user("1000").entrypoint(["/tool"]);
`;

describe("rules of tsdock check", { timeout: 300_000 }, () => {
  it("look at declarations, and never tell a secret", async () => {
    await using workspace = new InProcessWorkspace();
    workspace.write("a.image.ts", declarations);
    const found = await check(workspace, 3);
    expect([...lines(found)].sort()).toEqual(
      [
        "error secret-in-env a.image.ts:4:4",
        "error secret-in-env a.image.ts:5:4",
        "error secret-in-env a.image.ts:9:4",
        "warning root-user a.image.ts:14:4",
        "warning root-user a.image.ts:15:62",
        "warning unlocked-latest a.image.ts:3:28",
        "warning unpinned-add a.image.ts:10:4",
        "warning package-cache a.image.ts:6:4",
      ].sort(),
    );
    const text = await finished(workspace.start(["check"]));
    expect(text.exitCode).toBe(3);
    expect(text.stderr).toContain("error secret-in-env the variable DB_PASSWORD holds");
    expect(text.stderr).toContain("> 4 |   .env(");
    for (const secret of ["hunter2!", token, "x9x9x9x9"]) {
      expect(JSON.stringify(found.problems.map(({ message }) => message))).not.toContain(secret);
      expect(text.stderr).not.toContain(secret);
    }
    workspace.write(
      "tsdock.lock",
      JSON.stringify({
        version: 1,
        images: { nginx: `sha256:${"0".repeat(64)}` },
        git: { "https://git.example/a.git#main": "0".repeat(40) },
        plugins: {},
      }),
    );
    expect(lines(await check(workspace, 3)).filter((line) => /unlocked|unpinned/.test(line))).toEqual([]);
  });

  it("look into images that were built from the declarations as they are", async () => {
    await using workspace = new InProcessWorkspace();
    const source = (more: string): string => `${dsl}
const base = image().from(scratch).file("/big", "x".repeat(2_000_000)).file("/var/lib/apt/lists/mirror_Packages", "y".repeat(5000));
export const app = base
  .remove("/big")
  .file("/root/.npm/_cacache/content", "z")${more};
`;
    workspace.write("a.image.ts", source(""));
    expect(lines(await check(workspace, 0))).toEqual([]);
    const found = await check(workspace, 3, "--build");
    expect(lines(found)).toEqual([
      "warning package-cache a.image.ts:3:72",
      "warning package-cache a.image.ts:6:4",
      "warning wasted-bytes a.image.ts:5:4",
    ]);
    expect(found.problems.at(-1)?.message).toBe(
      "the step overwrites or removes 2MB that stay in the layers below: /big (2MB)",
    );
    // What was built is looked at without building again, and no more once it is outdated.
    expect(lines(await check(workspace, 3))).toEqual(lines(found));
    workspace.write("a.image.ts", source('.file("/new", "x")'));
    const stale = await check(workspace, 0);
    expect([stale.problems, stale.outdated]).toEqual([[], ["app"]]);
  });

  it("are set by the configuration and by comments", async () => {
    await using workspace = new InProcessWorkspace();
    workspace.write(
      "a.image.ts",
      `${dsl}
// tsdock-disable-next-line root-user -- it only prints
export const a = image().from(scratch).file("/a", "x").entrypoint(["/a"]);
export const b = image().from(scratch).file("/b", "x").entrypoint(["/b"]); // tsdock-disable-line
/* tsdock-disable unused-param, root-user */
export const c = image().from(scratch).file("/c", "x").entrypoint(["/c"]);
const unused = param("unused", 1);
/* tsdock-enable root-user */
export const d = image().from(scratch).file("/d", "x").entrypoint(["/d"]);
export const e = image().from(scratch).env({ SECRET: "s3cr3t!" });
`,
    );
    expect(lines(await check(workspace, 3))).toEqual([
      "error secret-in-env a.image.ts:11:40",
      "warning root-user a.image.ts:10:56",
    ]);
    const config = (rules: object): void =>
      workspace.write("tsdock.config.json", JSON.stringify({ check: { rules } }, null, 1));
    config({ "root-user": "info", "secret-in-env": "off" });
    expect(lines(await check(workspace, 0))).toEqual(["info root-user a.image.ts:10:56"]);
    config({ "rot-user": "off" });
    expect(lines(await check(workspace, 3))).toContain("error CONFIG_INVALID tsdock.config.json:4:4");
    config({ "root-user": "loud" });
    expect(lines(await check(workspace, 3))).toEqual(["error CONFIG_INVALID tsdock.config.json:4:17"]);
  });

  it("come from plugins too", async () => {
    await using workspace = new InProcessWorkspace();
    workspace.write(
      "tsdock.config.ts",
      `import { defineConfig } from "tsdock";
import type { CheckPlugin } from "tsdock/plugin";
const acme: CheckPlugin = { name: "acme", checks: [
  { id: "team", severity: "warning", summary: "an image has no team", docs: "https://acme.example/team",
    *check({ images, options }) {
      for (const { name, declared, place } of images) {
        const has = declared.steps.some((step) => step.type === "config" && step.instruction.type === "label" && "team" in step.instruction.labels);
        if (!has) yield { message: \`\${name} has no team\`, hint: String(options), place, image: name };
      }
    } },
  { id: "broken", severity: "error", summary: "fails", *check() { throw new Error("oh no"); } },
] };
export default defineConfig({ check: { plugins: [acme], rules: { "acme/team": ["error", "ask"], "acme/broken": "off" } } });
`,
    );
    workspace.write(
      "a.image.ts",
      `${dsl}export const a = image().from(scratch).label({ team: "core" });\nexport const b = image().from(scratch).label({ x: "y" });\n`,
    );
    expect(lines(await check(workspace, 3))).toEqual(["error acme/team a.image.ts:3:40"]);
    const text = await workspace.run(["check"]);
    expect(text.stderr).toContain("error acme/team b has no team");
    expect(text.stderr).toContain("docs https://acme.example/team");
    const config = fs.readFileSync(workspace.path("tsdock.config.ts"), "utf8");
    workspace.write("tsdock.config.ts", config.replace(', "acme/broken": "off"', ""));
    const broken = await workspace.run(["check"]);
    expect(broken.stderr).toContain("PLUGIN_INVALID the rule acme/broken failed: oh no");
  });

  it("come with the sources that images use, are set like others, and look at what was built", async () => {
    await using workspace = new InProcessWorkspace();
    workspace.write(
      "notes.ts",
      `import { source, type SourcePlugin } from "tsdock/plugin";
const plugin: SourcePlugin = {
  name: "notes", version: 1, title: (spec) => "notes " + String(spec), lockKey: () => undefined, resolve: async () => null,
  async build(spec, _locked, context) {
    const content = Buffer.from(String(spec));
    const layer = await context.layer([{ type: "file", path: "note", mode: 0o666, uid: 0, gid: 0, mtime: 0, size: content.length, content }]);
    return { layers: [{ layer, createdBy: "notes" }], config: {} };
  },
  checks: [
    { id: "short", severity: "warning", summary: "a note is short", *check({ vertices }) {
      for (const { op, site } of vertices.values())
        if (op.type === "source" && op.kind === "plugin" && op.plugin === "notes" && String(op.spec).length < 3)
          yield { message: "the note is short", place: site?.place() };
    } },
    { id: "writable", severity: "info", summary: "anybody may write", *check({ images }) {
      for (const { name, built } of images)
        for (const { entries } of built?.layers ?? [])
          for (const { path, mode } of entries() ?? []) if ((mode & 2) !== 0) yield { message: path + " can be written to", image: name };
    } },
  ],
};
export const notes = (text: string) => source(plugin, text);
`,
    );
    workspace.write(
      "a.image.ts",
      `${dsl}import { notes } from "./notes.ts";\nexport const a = image().from(notes("ab"));\nexport const b = image().from(notes("long")).label({ x: "y" });\n`,
    );
    expect(lines(await check(workspace, 3))).toEqual(["warning notes/short a.image.ts:3:26"]);
    const found = await check(workspace, 3, "--build");
    expect(
      found.problems.map(({ rule, severity, message }) => `${severity} ${rule}: ${message}`).sort(),
    ).toEqual(["info notes/writable: note can be written to", "warning notes/short: the note is short"]);
    workspace.write(
      "tsdock.config.json",
      '{"check":{"rules":{"notes/short":"off","notes/writable":"error"}}}',
    );
    expect(lines(await check(workspace, 3))).toEqual(["error notes/writable"]);
    // Rules of a source that no image uses are nobody's.
    workspace.write("a.image.ts", `${dsl}export const a = image().from(scratch).label({ x: "y" });\n`);
    expect(lines(await check(workspace, 3))).toEqual([
      "error CONFIG_INVALID tsdock.config.json:1:20",
      "error CONFIG_INVALID tsdock.config.json:1:40",
    ]);
  });

  it("mend what nothing uses, and nothing else", async () => {
    await using workspace = new InProcessWorkspace();
    const used = 'export const web = image().from(scratch).label({ a: "b" });\n';
    workspace.write(
      "a.image.ts",
      `import { image, mount, param, scratch } from "tsdock";
import { helper } from "./helper.ts";

// Kept.
const port = param("port", 80);
const set = param("set", 1);
const base = image().from(scratch).expose(port);
const derived = base.run("make", { mounts: [mount.cache("/c")] });
const called = image().from(scratch).label({ x: helper() });
${used}`,
    );
    workspace.write("helper.ts", 'export const helper = () => "x";\n');
    workspace.write("tsdock.config.json", '{"params":{"set":2}}');
    const found = await check(workspace, 3, "--fix");
    expect(found.fixed.map(({ name }) => name).sort()).toEqual(["base", "derived", "port"]);
    expect(lines(found)).toEqual([
      "warning unused-image a.image.ts:6:7",
      "warning unused-param a.image.ts:5:7",
    ]);
    expect(fs.readFileSync(workspace.path("a.image.ts"), "utf8")).toBe(
      `import { image, param, scratch } from "tsdock";
import { helper } from "./helper.ts";

// Kept.
const set = param("set", 1);
const called = image().from(scratch).label({ x: helper() });
${used}`,
    );
    expect((await check(workspace, 3, "--fix")).fixed).toEqual([]);
  });

  it("are told as SARIF", async () => {
    await using workspace = new InProcessWorkspace();
    workspace.write(
      "b c/a.image.ts",
      `${dsl}export const a = image().from(scratch).entrypoint(["/a"]).env({ SECRET: "s3cr3t!" });\nconst x: number = "";\n`,
    );
    const result = await workspace.run(["check", "--format", "sarif"]);
    expect([result.exitCode, result.stderr]).toEqual([3, ""]);
    const report = JSON.parse(result.stdout) as Sarif;
    expect(sarifMistakes(report)).toEqual([]);
    expect(report.version).toBe("2.1.0");
    const [run] = report.runs;
    const ids = run.tool.driver.rules.map(({ id }) => id);
    expect(run.tool.driver).toMatchObject({ name: "tsdock", version: expect.stringMatching(/^\d/) });
    expect(new Set(ids).size).toBe(ids.length);
    for (const one of run.results) {
      expect(ids[one.ruleIndex]).toBe(one.ruleId);
      expect(["error", "warning", "note"]).toContain(one.level);
      expect(one.message.text).not.toBe("");
      const [{ physicalLocation }] = one.locations;
      expect(physicalLocation.artifactLocation).toEqual({ uri: "b%20c/a.image.ts", uriBaseId: "%SRCROOT%" });
      expect(physicalLocation.region.startLine).toBeGreaterThan(0);
      expect(one.partialFingerprints["tsdockProblem/v1"]).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(run.results.map(({ ruleId }) => ruleId).sort()).toEqual([
      "TYPE_ERROR",
      "root-user",
      "secret-in-env",
    ]);
    expect(result.stdout).not.toContain("s3cr3t!");
  });
});
