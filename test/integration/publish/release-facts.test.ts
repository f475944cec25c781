import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { isTsdockError } from "../../../core/errors/tsdock-error.ts";
import { type FactsRequest, readReleaseFacts } from "../../../core/toolkit/read-release-facts.ts";
import { CliWorkspace } from "../../support/cli.ts";

const images = [
  { name: "api", directory: "packages/api" },
  { name: "web", directory: "packages/web" },
];

class Repository extends CliWorkspace {
  constructor() {
    super();
    for (const name of ["api", "web"]) {
      this.write(
        `packages/${name}/package.json`,
        JSON.stringify({ name: `@acme/${name}`, version: "1.0.0" }),
      );
      const chain = `image().from(scratch).file("/name", "${name}")`;
      this.write(
        `packages/${name}/${name}.image.ts`,
        `import { image, scratch } from "tsdock";\nexport const ${name} = ${chain};\n`,
      );
    }
    this.write(
      "tsdock.config.ts",
      `import { defineConfig, semver, channel, sha } from "tsdock";\nexport default defineConfig({ tags: [semver(), channel(), sha()] });\n`,
    );
    this.write(".gitignore", ".home\n");
    this.git("init", "--quiet", "--initial-branch=main");
    this.commit();
  }

  git(...args: readonly string[]): string {
    const identity = ["-c", "user.name=test", "-c", "user.email=test@registry.example"];
    const { status, stdout, stderr } = spawnSync("git", [...identity, ...args], {
      cwd: this.directory,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  }

  commit(): void {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "--message=commit");
  }

  facts(request: FactsRequest = {}, env: Readonly<Record<string, string | undefined>> = {}) {
    const host = {
      cwd: this.directory,
      env: { PATH: process.env.PATH, ...env },
      emit: () => undefined,
      signal: new AbortController().signal,
      self: {},
    };
    return readReleaseFacts(request, { directory: this.directory, images }, host);
  }
}

describe("facts of a repository", () => {
  it("are its branch and commit, then its version tags", async () => {
    await using repository = new Repository();
    const head = repository.git("rev-parse", "HEAD");
    expect(await repository.facts()).toMatchObject({
      ref: { value: "refs/heads/main" },
      event: undefined,
      revision: { value: head },
      dirty: { value: false },
      tags: [],
      packages: { "packages/api": { name: "@acme/api", version: { value: "1.0.0" } } },
    });
    for (const tag of ["@acme/api@1.2.3", "@acme/utils@9.0.0", "web-v2.0.0"]) repository.git("tag", tag);
    const { ref, tags } = await repository.facts();
    expect(ref?.value).toBe("refs/tags/web-v2.0.0");
    expect(tags.map(({ value }) => value)).toEqual(["web-v2.0.0", "@acme/api@1.2.3"]);
  });

  it("say whether files differ, but not those of a release", async () => {
    await using repository = new Repository();
    repository.write("tsdock-release.json", "{}");
    expect((await repository.facts()).dirty?.value).toBe(false);
    repository.write("packages/api/new", "");
    expect((await repository.facts()).dirty).toEqual({ value: true, source: "git status: packages/api/new" });
  });

  it("are not those of a repository around a hook", async () => {
    await using repository = new Repository();
    const facts = await repository.facts({}, { GIT_DIR: "/nowhere", GIT_WORK_TREE: "/nowhere" });
    expect(facts.ref?.value).toBe("refs/heads/main");
  });

  it("complete a ref that is given", async () => {
    await using repository = new Repository();
    repository.git("tag", "v3.0.0");
    expect((await repository.facts({ ref: "v3.0.0" })).ref).toEqual({
      value: "refs/tags/v3.0.0",
      source: "--ref",
    });
    expect((await repository.facts({ ref: "main" })).ref?.value).toBe("refs/heads/main");
    expect((await repository.facts({ ref: "refs/tags/v4.0.0" })).ref?.value).toBe("refs/tags/v4.0.0");
    expect(await codeOf(repository.facts({ ref: "v9" }))).toBe("RELEASE_REF_UNKNOWN");
    expect(await codeOf(repository.facts({ ref: "--all" }))).toBe("RELEASE_REF_UNKNOWN");
    expect(await codeOf(repository.facts({ revision: "HEAD" }))).toBe("USAGE");
  });

  it("are those of the CI with the event's file, also where git is missing", async () => {
    await using repository = new Repository();
    repository.write("event.json", JSON.stringify({ repository: { default_branch: "trunk" } }));
    const facts = await repository.facts(
      {},
      {
        GITHUB_ACTIONS: "true",
        GITHUB_REF: "refs/heads/trunk",
        GITHUB_SHA: "a".repeat(40),
        GITHUB_EVENT_NAME: "push",
        GITHUB_EVENT_PATH: repository.path("event.json"),
        PATH: "/nowhere",
        SOURCE_DATE_EPOCH: "1714979289",
      },
    );
    expect(facts).toMatchObject({
      ref: { value: "refs/heads/trunk" },
      defaultBranch: { value: "trunk" },
      revision: { value: "a".repeat(40), source: "GITHUB_SHA" },
      dirty: undefined,
      now: { value: 1_714_979_289_000, source: "SOURCE_DATE_EPOCH" },
    });
  });

  it("are what release tools left", async () => {
    await using repository = new Repository();
    repository.write(".changeset/pre.json", `{"mode":"pre","tag":"next"}`);
    repository.write(".release-please-manifest.json", `{"packages/api":"1.4.0"}`);
    repository.write("tmp/packages/web/.docker-version", "registry.example/web:2405.06.abc");
    repository.write(
      "plan.json",
      `{"version":1,"plan":[[{"kind":"publish","name":"@acme/api","version":"1.4.0","tag":"latest"}]]}`,
    );
    expect(await repository.facts({ release: "plan.json" })).toMatchObject({
      pre: { value: "next" },
      packages: {
        "packages/api": { version: { value: "1.4.0" } },
        "packages/web": { version: { value: "2405.06.abc" } },
      },
      releases: [{ package: "@acme/api", version: "1.4.0", channel: null }],
    });
    expect(await codeOf(repository.facts({ release: "gone.json" }))).toBe("RELEASE_INVALID");
  });
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => new Error("it did not fail"),
    (thrown: unknown) => thrown,
  );
  if (isTsdockError(error)) return error.code;
  throw error;
}

interface Published {
  readonly images: readonly {
    readonly name: string;
    readonly digest: string;
    readonly imageId: string | null;
    readonly tags: readonly { readonly tag: string; readonly action: string; readonly to: string }[];
  }[];
}

describe("publish", () => {
  const quiet = { GITHUB_ACTIONS: "", GITLAB_CI: "" };

  it("gives each image of a commit its own version, and refuses a tree that differs", async () => {
    await using repository = new Repository();
    for (const tag of ["@acme/api@1.2.3", "web-v2.0.0-beta.1"]) repository.git("tag", tag);
    const args = ["publish", "--registry", `oci:${repository.path("out")}`];
    const { images: published } = await repository.json<Published>(args, quiet);
    const sha = `sha-${repository.git("rev-parse", "HEAD").slice(0, 7)}`;
    expect(published.map(({ name, tags }) => [name, ...tags.map(({ tag }) => tag)])).toEqual([
      ["api", "1.2.3", "1.2", "1", sha, "latest"],
      ["web", "2.0.0-beta.1", "beta", sha],
    ]);
    // What a publish writes itself is no change of the tree, the second time neither.
    for (const option of ["--journal", "--plan-out"])
      for (let time = 0; time < 2; time++) {
        const again = await repository.run([...args, option, "own.json"], quiet);
        expect([again.exitCode, again.stderr.includes("PUBLISH_DIRTY")], option).toEqual([0, false]);
      }
    fs.rmSync(repository.path("own.json"));
    repository.write("packages/api/new", "");
    const refused = await repository.run(args, quiet);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining("PUBLISH_DIRTY")]);
    expect((await repository.run([...args, "--allow-dirty"], quiet)).exitCode).toBe(0);
  });

  it("adds a release to a channel without building it", async () => {
    await using repository = new Repository();
    const args = ["publish", "--registry", `oci:${repository.path("out")}`, "--release"];
    const next = (more: object) => JSON.stringify({ nextRelease: { version: "2.0.0", ...more } });
    const first = await repository.json<Published>([...args, next({ channel: "next" })], quiet);
    expect(first.images[0]?.tags.map(({ tag }) => tag)).toContain("next");
    expect(first.images[0]?.tags.map(({ tag }) => tag)).not.toContain("latest");
    // What would be built now is another image, and no tree of a commit.
    const module = repository.path("packages/api/api.image.ts");
    fs.writeFileSync(module, fs.readFileSync(module, "utf8").replace('"api"', '"other"'));
    const added = JSON.stringify({
      currentRelease: { version: "2.0.0" },
      nextRelease: { version: "2.0.0", channel: null },
    });
    const { images: published } = await repository.json<Published>([...args, added], quiet);
    expect(published.map(({ digest, imageId }) => [digest, imageId])).toEqual(
      first.images.map(({ digest, imageId }) => [digest, imageId]),
    );
    expect(published[0]?.tags.map(({ tag, action }) => `${action} ${tag}`)).toEqual([
      "keep 2.0.0",
      "keep 2.0",
      "keep 2",
      "create latest",
    ]);
    const missing = await repository.run([...args, added.replaceAll("2.0.0", "3.0.0")], quiet);
    expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining("PUBLISH_NOT_THERE")]);
  });
});
