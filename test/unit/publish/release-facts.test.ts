import { describe, expect, it } from "vitest";
import { isTsdockError } from "../../../core/errors/tsdock-error.ts";
import { ciFacts } from "../../../core/publish/facts/ci-facts.ts";
import { gitFacts } from "../../../core/publish/facts/git-facts.ts";
import { joinFacts, type ReadFacts, shownFacts } from "../../../core/publish/facts/join-facts.ts";
import { packageFacts, preTag } from "../../../core/publish/facts/package-facts.ts";
import { parseReleases } from "../../../core/publish/facts/release-tool.ts";

const values = (facts: object | undefined) =>
  Object.fromEntries(
    Object.entries(facts ?? {}).map(([name, fact]) => [
      name,
      typeof fact === "string" ? fact : (fact as { readonly value: unknown }).value,
    ]),
  );

const github = {
  GITHUB_ACTIONS: "true",
  GITHUB_SHA: "abc",
  GITHUB_REF: "refs/heads/main",
  GITHUB_EVENT_NAME: "push",
};

describe("facts of a CI", () => {
  it.each([
    ["a push", {}, {}, { ref: "refs/heads/main", event: "push", revision: "abc" }],
    [
      "a tag that was pushed",
      { GITHUB_REF: "refs/tags/v1.2.3" },
      { base_ref: "refs/heads/main", repository: { default_branch: "main" } },
      { ref: "refs/tags/v1.2.3", baseRef: "main", defaultBranch: "main" },
    ],
    [
      "a pull request",
      { GITHUB_REF: "refs/pull/2/merge", GITHUB_EVENT_NAME: "pull_request", GITHUB_BASE_REF: "next" },
      { number: 2 },
      { ref: "refs/pull/2/merge", event: "pull_request", baseRef: "next" },
    ],
    [
      "a pull request that runs with the base's rights",
      { GITHUB_EVENT_NAME: "pull_request_target" },
      { number: 7 },
      { ref: "refs/pull/7/merge", event: "pull_request" },
    ],
    ["a schedule", { GITHUB_EVENT_NAME: "schedule" }, {}, { event: "schedule", ref: "refs/heads/main" }],
    ["a run by hand", { GITHUB_EVENT_NAME: "workflow_dispatch" }, {}, { event: "manual" }],
    ["another event", { GITHUB_EVENT_NAME: "workflow_run" }, undefined, { event: "other" }],
    [
      "the time of the commit",
      {},
      { head_commit: { timestamp: "2024-05-06T09:08:09+02:00" } },
      { commitTime: Date.parse("2024-05-06T07:08:09Z") },
    ],
  ])("GitHub Actions: %s", (_, env, payload, expected) => {
    expect(values(ciFacts({ ...github, ...env }, payload))).toMatchObject({
      name: "GitHub Actions",
      ...expected,
    });
  });

  it.each([
    [
      "a branch",
      { CI_COMMIT_BRANCH: "a/b", CI_PIPELINE_SOURCE: "push" },
      { ref: "refs/heads/a/b", event: "push" },
    ],
    ["a tag", { CI_COMMIT_TAG: "v1.2.3", CI_PIPELINE_SOURCE: "push" }, { ref: "refs/tags/v1.2.3" }],
    [
      "a merge request",
      {
        CI_MERGE_REQUEST_IID: "4",
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
        CI_PIPELINE_SOURCE: "merge_request_event",
      },
      { ref: "refs/merge-requests/4/head", event: "pull_request", baseRef: "main" },
    ],
    ["a schedule", { CI_COMMIT_BRANCH: "main", CI_PIPELINE_SOURCE: "schedule" }, { event: "schedule" }],
    ["a run by hand", { CI_COMMIT_BRANCH: "main", CI_PIPELINE_SOURCE: "web" }, { event: "manual" }],
    [
      "what it knows besides",
      { CI_COMMIT_SHA: "abc", CI_DEFAULT_BRANCH: "main", CI_COMMIT_TIMESTAMP: "2024-05-06T07:08:09Z" },
      { revision: "abc", defaultBranch: "main", commitTime: Date.parse("2024-05-06T07:08:09Z") },
    ],
  ])("GitLab CI: %s", (_, env, expected) => {
    expect(values(ciFacts({ GITLAB_CI: "true", ...env }, undefined))).toMatchObject({
      name: "GitLab CI",
      ...expected,
    });
  });

  it.each([
    ["CircleCI", { CIRCLECI: "true", CIRCLE_TAG: "v1.2.3", CIRCLE_SHA1: "abc" }, "refs/tags/v1.2.3"],
    [
      "Buildkite",
      {
        BUILDKITE: "true",
        BUILDKITE_PULL_REQUEST: "false",
        BUILDKITE_BRANCH: "main",
        BUILDKITE_COMMIT: "abc",
      },
      "refs/heads/main",
    ],
    [
      "Azure Pipelines",
      { TF_BUILD: "True", BUILD_SOURCEBRANCH: "refs/pull/3/merge", BUILD_SOURCEVERSION: "abc" },
      "refs/pull/3/merge",
    ],
    [
      "Bitbucket Pipelines",
      { BITBUCKET_BUILD_NUMBER: "1", BITBUCKET_PR_ID: "5", BITBUCKET_COMMIT: "abc" },
      "refs/pull/5/head",
    ],
    [
      "Jenkins",
      { JENKINS_URL: "http://ci.example", BRANCH_NAME: "main", GIT_COMMIT: "abc" },
      "refs/heads/main",
    ],
  ])("%s", (name, env, ref) => {
    const event = ref.startsWith("refs/pull/") ? { event: "pull_request" } : {};
    expect(values(ciFacts(env, undefined))).toEqual({ name, ref, revision: "abc", ...event });
  });

  it("are unknown elsewhere", () => {
    expect(ciFacts({ CI: "true", PATH: "/bin" }, undefined)).toBeUndefined();
  });
});

const answers = { head: "abc 1714979289\n", tags: "", branch: "main\n", status: "", remoteHead: "" };

describe("facts of git", () => {
  it("are the commit, the branch and whether files differ", () => {
    expect(
      gitFacts({ ...answers, status: "?? a\n M b\n", remoteHead: "refs/remotes/origin/trunk\n" }),
    ).toEqual({
      revision: { value: "abc", source: "git, HEAD" },
      commitTime: { value: 1_714_979_289_000, source: "git, HEAD" },
      tags: [],
      branch: { value: "main", source: "git, HEAD" },
      defaultBranch: { value: "trunk", source: "git, origin/HEAD" },
      dirty: { value: true, source: "git status: a, b" },
    });
  });

  it("take the release of a commit rather than its candidate, and no tag that is no version", () => {
    const tags = "deployed\nv1.2.3-rc.1\nv1.2.3\n@acme/api@2.0.0\nnightly\n";
    expect(gitFacts({ ...answers, tags }).tags.map(({ value }) => value)).toEqual([
      "@acme/api@2.0.0",
      "v1.2.3",
      "v1.2.3-rc.1",
    ]);
  });
});

const read: ReadFacts = {
  ref: undefined,
  revision: undefined,
  allowDirty: false,
  now: { value: 0, source: "the clock" },
  ci: undefined,
  git: gitFacts({ ...answers, tags: "v1.2.3\n@acme/web@2.0.0\n" }),
  releases: [],
  pre: undefined,
  packages: { "packages/web": { name: "@acme/web", version: { value: "2.0.0", source: "package.json" } } },
  images: [{ name: "site", directory: "packages/web" }],
};

describe("facts of a release", () => {
  it("are those of git outside of a CI, with every version tag of the commit", () => {
    const facts = joinFacts(read);
    expect(facts.ref).toEqual({ value: "refs/tags/@acme/web@2.0.0", source: "git, a tag of HEAD" });
    expect(facts.tags.map(({ value }) => value)).toEqual(["@acme/web@2.0.0", "v1.2.3"]);
    expect(facts.owners).toEqual(["site", "packages/web", "@acme/web", "web"]);
  });

  it("are those of the CI, and of what is checked out there", () => {
    const ci = ciFacts(github, { repository: { default_branch: "main" } });
    const facts = joinFacts({ ...read, ci });
    expect(facts).toMatchObject({
      ref: { value: "refs/heads/main", source: "GITHUB_REF" },
      tags: [],
      revision: { value: "abc", source: "git, HEAD" },
      defaultBranch: { value: "main" },
    });
    expect(joinFacts({ ...read, ci, git: undefined }).revision).toEqual({
      value: "abc",
      source: "GITHUB_SHA",
    });
  });

  it("are those that are given", () => {
    const facts = joinFacts({ ...read, ref: "refs/tags/v9.0.0", revision: "1234567" });
    expect(facts).toMatchObject({
      ref: { value: "refs/tags/v9.0.0", source: "--ref" },
      tags: [],
      revision: { value: "1234567", source: "--revision" },
    });
  });

  it("are shown with their sources", () => {
    const releases = parseReleases(`{"api":"1.2.3"}`, "--release");
    expect(shownFacts(joinFacts({ ...read, releases }))).toEqual([
      { name: "ref", value: "refs/tags/@acme/web@2.0.0", source: "git, a tag of HEAD" },
      { name: "tag", value: "@acme/web@2.0.0", source: "git, a tag of HEAD" },
      { name: "tag", value: "v1.2.3", source: "git, a tag of HEAD" },
      { name: "revision", value: "abc", source: "git, HEAD" },
      { name: "commitTime", value: "2024-05-06T07:08:09.000Z", source: "git, HEAD" },
      { name: "dirty", value: "false", source: "git status" },
      { name: "release api", value: "1.2.3", source: "--release" },
      { name: "version of packages/web", value: "2.0.0", source: "package.json" },
    ]);
  });
});

describe("what release tools say", () => {
  it.each<[string, unknown, object[]]>([
    [
      "changesets' publish plan",
      {
        version: 1,
        plan: [
          [{ kind: "publish", name: "@acme/api", version: "1.2.3", access: "public", tag: "latest" }],
          [
            { kind: "publish", name: "@acme/web", version: "2.0.0-next.1", access: "public", tag: "next" },
            { kind: "tag-only", name: "job", version: "0.1.0" },
          ],
        ],
      },
      [
        { package: "@acme/api", version: "1.2.3", channel: null },
        { package: "@acme/web", version: "2.0.0-next.1", channel: "next" },
        { package: "job", version: "0.1.0" },
      ],
    ],
    [
      "published packages of changesets' action",
      [{ name: "@acme/api", version: "1.2.3" }],
      [{ package: "@acme/api", version: "1.2.3" }],
    ],
    [
      "semantic-release's next release",
      {
        branch: { name: "next", channel: "next" },
        nextRelease: { version: "2.0.0", gitTag: "v2.0.0", name: "v2.0.0", channel: "next" },
      },
      [{ package: undefined, version: "2.0.0", channel: "next" }],
    ],
    [
      "semantic-release's main channel",
      { branch: { name: "main" }, nextRelease: { version: "2.0.0", channel: null } },
      [{ package: undefined, version: "2.0.0", channel: null }],
    ],
    [
      "a channel that semantic-release adds",
      {
        branch: { name: "main" },
        currentRelease: { version: "2.0.0", channel: "next" },
        nextRelease: { version: "2.0.0", channel: null },
      },
      [{ package: undefined, version: "2.0.0", channel: null, retag: true }],
    ],
    [
      "a package of a monorepo that semantic-release releases",
      { nextRelease: { version: "2.0.0", name: "@acme/api@2.0.0" } },
      [{ package: "@acme/api", version: "2.0.0", channel: null }],
    ],
    [
      "outputs of release-please",
      {
        releases_created: "true",
        paths_released: `["packages/api","."]`,
        "packages/api--version": "1.2.3",
        version: "4.0.0",
      },
      [
        { package: "packages/api", version: "1.2.3" },
        { package: ".", version: "4.0.0" },
      ],
    ],
    ["nothing that release-please released", { releases_created: "false", paths_released: "[]" }, []],
    ["versions by name", { api: "1.2.3" }, [{ package: "api", version: "1.2.3" }]],
  ])("%s", (_, json, expected) => {
    const releases = parseReleases(JSON.stringify(json), "FILE");
    expect(releases).toEqual(expected.map((one) => ({ ...one, source: expect.stringMatching(/^FILE/) })));
  });

  it.each([
    ["no JSON", "{", "it is no JSON"],
    ["a number", "1", "neither a list nor an object"],
    ["another version of the plan", `{"version":2,"plan":[]}`, "version 2 is not known"],
    ["a plan of another shape", `{"version":1,"plan":[{}]}`, "list of lists"],
    ["an entry without version", `[{"name":"api"}]`, "no name and version"],
    ["a release without version", `{"nextRelease":{}}`, "nextRelease has no version"],
    ["a path without version", `{"paths_released":"[\\"a\\"]"}`, "released a and does not say its version"],
    ["paths that are no list", `{"paths_released":"{}"}`, "paths_released is not a list"],
    ["paths that are no JSON", `{"paths_released":"["}`, "it is no JSON"],
    ["a version that is none", `{"api":1}`, `"api" has no version`],
  ])("%s is an error", (_, text, why) => {
    expect(codeAndMessage(() => parseReleases(text, "FILE"))).toEqual([
      "RELEASE_INVALID",
      expect.stringContaining(why),
    ]);
  });
});

describe("the version of a package", () => {
  const manifest = { name: "packages/api/package.json", text: `{"name":"@acme/api","version":"1.2.3"}` };
  const files = { directory: "packages/api", manifest, nx: undefined, releasePlease: undefined };
  const nx = {
    name: "tmp/packages/api/.docker-version",
    text: "registry.example:5000/acme/api:2405.06.abc1234\n",
  };
  const releasePlease = {
    name: ".release-please-manifest.json",
    text: `{"packages/api":"1.3.0","packages/web":"9.0.0"}`,
  };

  it("is in package.json, release-please's manifest or the file of Nx", () => {
    expect(packageFacts(files)).toEqual({
      name: "@acme/api",
      version: { value: "1.2.3", source: manifest.name },
    });
    expect(packageFacts({ ...files, releasePlease }).version).toEqual({
      value: "1.3.0",
      source: releasePlease.name,
    });
    expect(packageFacts({ ...files, releasePlease, nx }).version).toEqual({
      value: "2405.06.abc1234",
      source: nx.name,
    });
    expect(packageFacts({ ...files, manifest: undefined })).toEqual({ name: undefined, version: undefined });
  });

  it.each([
    ["no JSON", { manifest: { ...manifest, text: "{" } }, "package.json"],
    ["a list", { manifest: { ...manifest, text: "[]" } }, "it is no object"],
    [
      "a version that is no text",
      { releasePlease: { ...releasePlease, text: `{"packages/api":1}` } },
      "is no text",
    ],
    [
      "a reference without tag",
      { nx: { ...nx, text: "registry.example:5000/acme/api" } },
      "no image reference with a tag",
    ],
  ])("%s is an error", (_, given, why) => {
    expect(codeAndMessage(() => packageFacts({ ...files, ...given }))).toEqual([
      "RELEASE_INVALID",
      expect.stringContaining(why),
    ]);
  });

  it("has a name for pre-releases while changesets makes such", () => {
    const file = (text: string) => ({ name: ".changeset/pre.json", text });
    expect(preTag(undefined)).toBeUndefined();
    expect(preTag(file(`{"mode":"pre","tag":"next"}`))?.value).toBe("next");
    expect(preTag(file(`{"mode":"exit","tag":"next"}`))).toBeUndefined();
    expect(codeAndMessage(() => preTag(file(`{"mode":"pre"}`)))[0]).toBe("RELEASE_INVALID");
  });
});

function codeAndMessage(work: () => unknown): readonly [string, string] {
  try {
    work();
  } catch (error) {
    if (isTsdockError(error)) return [error.code, error.message];
    throw error;
  }
  throw new Error("it did not fail");
}
