import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { isTsdockError, type TsdockErrors } from "../../../core/errors/tsdock-error.ts";
import { affectedImages } from "../../../core/toolkit/affected-images.ts";
import { buildImages } from "../../../core/toolkit/build-images.ts";
import { commitAll, git, imageCount, randomEdit, writeMonorepo } from "../../support/monorepo.ts";
import { seeded } from "../../support/random.ts";
import { requires } from "../../support/requires.ts";
import { plainBuild, ToolkitWorkspace } from "../../support/toolkit-workspace.ts";

const affected = (one: ToolkitWorkspace, since: string) =>
  affectedImages({ since, platforms: [], params: {}, config: undefined }, one.host());

async function imageIds(one: ToolkitWorkspace): Promise<ReadonlyMap<string, string | undefined>> {
  const { images } = await buildImages(plainBuild, one.host());
  return new Map(images.map(({ name, imageId }) => [name, imageId]));
}

function reset(one: ToolkitWorkspace, commit: string): void {
  git(one, "checkout", "--quiet", "--force", commit);
  git(one, "clean", "-fdq");
}

/** As many as fit; more where there is time: TSDOCK_AFFECTED_EDITS=300. */
const edits = Number(process.env["TSDOCK_AFFECTED_EDITS"] ?? 16);

describe.skipIf(!requires("git"))("affected images", () => {
  it("are those whose ids really change, after any edits", { timeout: 1_200_000 }, async () => {
    await using one = new ToolkitWorkspace();
    writeMonorepo(one);
    const base = commitAll(one, true);
    const before = await imageIds(one);
    expect(before.size).toBe(imageCount);
    // Other edits in every run; what failed is looked at again with its seed.
    const seed = Number(process.env["TSDOCK_AFFECTED_SEED"] ?? randomBytes(4).readUInt32LE());
    process.stderr.write(`affected: TSDOCK_AFFECTED_SEED=${seed} TSDOCK_AFFECTED_EDITS=${edits}\n`);
    const random = seeded(seed);
    let [claimed, wrong, reallyChanged] = [0, 0, 0];
    for (let round = 0; round < edits; round++) {
      const done = [randomEdit(one, random)];
      // What is committed, what is staged and what is neither count alike.
      if (random() < 0.3) commitAll(one);
      if (random() < 0.4) done.push(randomEdit(one, random));
      if (random() < 0.2) git(one, "add", "--all");
      const label = `seed ${seed}, round ${round}: ${done.join(", ")}`;
      const after = await imageIds(one).catch((error: unknown) => {
        if (isTsdockError(error) || error instanceof AggregateError) return undefined;
        throw error;
      });
      if (after === undefined) await expect(affected(one, base), label).rejects.toThrow();
      else {
        const result = await affected(one, base);
        expect(result.reason, label).toBeNull();
        const truth = [...after].flatMap(([name, id]) => (before.get(name) === id ? [] : [name]));
        const names = result.images.map(({ name }) => name);
        expect(names, label).toEqual(expect.arrayContaining(truth));
        expect([...result.removed].sort(), label).toEqual(
          [...before.keys()].filter((name) => !after.has(name)).sort(),
        );
        for (const { causes } of result.images)
          expect(
            causes.flatMap(({ files }) => files).length,
            `${label}: ${JSON.stringify(causes)}`,
          ).toBeGreaterThan(0);
        claimed += names.length;
        reallyChanged += truth.length;
        wrong += names.filter((name) => !truth.includes(name)).length;
      }
      reset(one, base);
    }
    expect(reallyChanged).toBeGreaterThan(edits / 4);
    process.stderr.write(`affected: ${reallyChanged} images changed, ${claimed} were named\n`);
    // Of few edits, one that changes many modules and no image would be more than its share.
    const allowed = edits < 100 ? 0.1 : 0.02;
    expect(wrong / claimed, `seed ${seed}: ${wrong} of ${claimed}`).toBeLessThanOrEqual(allowed);
  });

  it("come with the way from the file to the image", async () => {
    await using one = new ToolkitWorkspace();
    writeMonorepo(one);
    commitAll(one, true);
    git(one, "checkout", "--quiet", "-b", "feature");
    one.write("packages/p1/src/a.js", "changed\n");
    const { images, unaffected } = await affected(one, "main");
    expect(images.map(({ name }) => name)).toEqual(["app1", "builder1", "web1"]);
    expect(unaffected).toHaveLength(imageCount - 3);
    expect(images[2]?.causes).toMatchObject([
      { files: ["packages/p1/src/a.js"], vertex: "COPY src/**/*.js /out/", through: ["builder1"] },
      ...(images[2]?.causes.length === 2 ? [{}] : []),
    ]);
    one.write("packages/p1/text.ts", `export const text = "other";\n`);
    const both = (await affected(one, "main")).images.find(({ name }) => name === "builder1");
    expect(both?.causes.map(({ files, vertex }) => [files, vertex])).toEqual([
      [["packages/p1/src/a.js"], "COPY src/**/*.js /out/"],
      [["packages/p1/text.ts"], "FILE /text"],
    ]);
    const none = await affected(one, "HEAD").finally(() => reset(one, "feature"));
    expect(none.images).toHaveLength(3);
    expect((await affected(one, "main")).images).toEqual([]);
  });

  it("include whatever lies above a command or a base that is not known, and nothing beside", async () => {
    await using one = new ToolkitWorkspace();
    const module = (script: string): string => `import { image, mount, scratch } from "tsdock";
const tools = image().from("oci:tools").env((e) => ({ PATH: "/x:" + e.PATH }));
export const copied = tools.copy("src", "/src/", { chown: "node" }).run("make");
export const bound = tools.run(${JSON.stringify(script)}, { mounts: [mount.bind("/in", { source: "bound" })] });
export const taken = image().from(scratch).copy("/out", "/", { from: bound });
export const alone = tools.run("echo alone").copy("alone", "/");\n`;
    one.write("src/a", "a\n");
    one.write("bound/b", "b\n");
    one.write("alone", "c\n");
    one.write("tools/index.json", "{}");
    one.write("web.image.ts", module("test"));
    commitAll(one, true);
    const names = async (): Promise<readonly string[]> =>
      (await affected(one, "HEAD")).images.map(({ name }) => name);
    expect(await names()).toEqual([]);
    one.write("src/a", "other\n");
    expect(await names()).toEqual(["copied"]);
    reset(one, "HEAD");
    one.write("bound/b", "other\n");
    expect(await names()).toEqual(["bound", "taken"]);
    reset(one, "HEAD");
    one.write("web.image.ts", module("test --all"));
    expect(await names()).toEqual(["bound", "taken"]);
    reset(one, "HEAD");
    one.write("alone", "other\n");
    expect(await names()).toEqual(["alone"]);
    reset(one, "HEAD");
    one.write("tools/index.json", '{"moved":true}');
    expect(await names()).toEqual(["alone", "bound", "copied", "taken"]);
  });

  it("are those of which their packages say something else, as they said it then", async () => {
    await using one = new ToolkitWorkspace();
    for (const name of ["web", "api"]) {
      one.write(
        `${name}/package.json`,
        JSON.stringify({ name, version: "1.0.0", description: `The ${name}` }),
      );
      one.write(
        `${name}/${name}.image.ts`,
        `import { image, scratch } from "tsdock";\nexport const ${name} = image().from(scratch).file("/a", "${name}");\n`,
      );
    }
    commitAll(one, true);
    const say = (name: string, more: object): void =>
      one.write(`${name}/package.json`, JSON.stringify({ name, version: "2.0.0", ...more }));
    say("api", { description: "The api" });
    say("web", { description: "The shop" });
    const { images, unaffected } = await affected(one, "HEAD");
    expect(images).toEqual([
      { name: "web", change: "changed", causes: [expect.objectContaining({ files: ["web/package.json"] })] },
    ]);
    expect(unaffected).toEqual(["api"]);
    one.write("tsdock.config.json", '{ "defaults": { "annotations": false } }');
    commitAll(one);
    say("web", {});
    expect((await affected(one, "HEAD")).images).toEqual([]);
  });

  it("are found from a directory that is a link", async () => {
    await using one = new ToolkitWorkspace();
    writeMonorepo(one);
    commitAll(one, true);
    one.write("shared/level.ts", "export const level = 7;\n");
    one.write("packages/p1/one.txt", "other\n");
    const link = `${one.directory}-link`;
    fs.symlinkSync(one.directory, link);
    try {
      const request = { since: "HEAD", platforms: [], params: {}, config: undefined };
      const { images, reason } = await affectedImages(request, { ...one.host(), cwd: link });
      expect(reason).toBeNull();
      expect(images.map(({ name }) => name)).toEqual(
        (await affected(one, "HEAD")).images.map(({ name }) => name),
      );
      expect(images.map(({ name }) => name)).toContain("stamped");
    } finally {
      fs.unlinkSync(link);
    }
  });

  it("follow submodules to the files in them", async () => {
    await using one = new ToolkitWorkspace();
    const sub = (...args: readonly string[]): string => git(one, "-C", "app/sub", ...args);
    one.write("app/sub/a.txt", "a");
    one.write("app/sub/b.txt", "b");
    sub("init", "--quiet");
    sub("add", "--all");
    sub("commit", "--quiet", "--message", "a");
    const url = one.path("app/sub");
    git(one, "init", "--quiet", "--initial-branch", "main");
    git(one, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "--force", url, "app/sub");
    one.write("other.txt", "");
    const of = (name: string, what: string): string =>
      `export const ${name} = image().from(scratch).copy("${what}", "/");\n`;
    one.write(
      "web.image.ts",
      `import { image, scratch } from "tsdock";\n${of("sub", "app")}${of("a", "app/sub/a.txt")}${of("other", "other.txt")}`,
    );
    commitAll(one);
    const names = async (): Promise<readonly string[]> =>
      (await affected(one, "HEAD~1")).images.map(({ name }) => name);
    one.write("other.txt", "other");
    commitAll(one);
    expect(await names()).toEqual(["other"]);
    commitAll(one);
    one.write("app/sub/b.txt", "changed");
    expect(await names()).toEqual(["sub"]);
    one.write("app/sub/a.txt", "changed");
    sub("commit", "--quiet", "--all", "--message", "b");
    expect(await names()).toEqual(["a", "sub"]);
    commitAll(one);
    expect(await names()).toEqual(["a", "sub"]);
    fs.rmSync(one.path("app/sub/.git"), { recursive: true });
    await expect(affected(one, "HEAD~1")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  it("are not known where copies match nothing now: all of these are told, with their places", async () => {
    await using one = new ToolkitWorkspace();
    one.write("a.txt", "a");
    one.write(
      "web.image.ts",
      `import { image, scratch } from "tsdock";\nexport const web = image().from(scratch).copy("a.txt", "/").copy("no*", "/");\n`,
    );
    commitAll(one, true);
    fs.renameSync(one.path("a.txt"), one.path("b.txt"));
    const error: unknown = await affected(one, "HEAD").catch((thrown: unknown) => thrown);
    expect((error as TsdockErrors).errors).toMatchObject([
      { code: "COPY_NO_MATCH", place: { line: 2, column: 42 } },
      { code: "COPY_NO_MATCH", place: { line: 2, column: 61 } },
    ]);
  });

  it("are all, with the reason, where the declarations of then cannot be run", async () => {
    await using one = new ToolkitWorkspace();
    one.write("web.image.ts", `import "./lost.ts";\nexport const web = 1;\n`);
    const broken = commitAll(one, true);
    one.write(
      "web.image.ts",
      `import { image, scratch } from "tsdock";\nexport const web = image().from(scratch).file("/a", "a");\n`,
    );
    const result = await affected(one, broken);
    expect(result.images).toEqual([{ name: "web", change: "unknown", causes: [] }]);
    expect(result.reason).toContain("lost.ts");
    await expect(affected(one, "nowhere")).rejects.toMatchObject({ code: "REVISION_UNKNOWN", exitCode: 2 });
    fs.rmSync(one.path(".git"), { recursive: true });
    await expect(affected(one, broken)).rejects.toMatchObject({ code: "REVISION_UNKNOWN" });
  });
});
