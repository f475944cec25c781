import type { Fact, ReleaseEvent } from "./release-facts.ts";

/** What the environment of a CI says. What it does not say is left out. */
export interface CiFacts {
  /** `GitHub Actions` */
  readonly name: string;
  readonly ref?: Fact<string>;
  readonly event?: Fact<ReleaseEvent>;
  readonly revision?: Fact<string>;
  readonly commitTime?: Fact<number>;
  readonly defaultBranch?: Fact<string>;
  readonly baseRef?: Fact<string>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined outside of a CI that is known. `payload`: the event of GitHub, which `githubEventFile` names. */
export function ciFacts(env: Environment, payload: unknown): CiFacts | undefined {
  if (env.GITHUB_ACTIONS === "true") return githubFacts(env, payload);
  if (env.GITLAB_CI === "true") return gitlabFacts(env);
  return genericFacts(env);
}

/** The file that holds the event which began a run of GitHub Actions. */
export const githubEventFile = (env: Environment): string | undefined =>
  env.GITHUB_ACTIONS === "true" ? env.GITHUB_EVENT_PATH || undefined : undefined;

const githubEvents: Readonly<Record<string, ReleaseEvent>> = {
  push: "push",
  pull_request: "pull_request",
  // Runs on the base's branch with the base's rights, for a change that nobody has looked at.
  pull_request_target: "pull_request",
  schedule: "schedule",
  workflow_dispatch: "manual",
  repository_dispatch: "manual",
};

function githubFacts(env: Environment, payload: unknown): CiFacts {
  const name = env.GITHUB_EVENT_NAME;
  const number = at(payload, "number") ?? at(payload, "pull_request", "number");
  const target = name === "pull_request_target" && typeof number === "number";
  const ref = target ? `refs/pull/${number}/merge` : env.GITHUB_REF;
  const base = env.GITHUB_BASE_REF || shortBranch(textAt(payload, "base_ref"));
  const time = Date.parse(textAt(payload, "head_commit", "timestamp") ?? "");
  return {
    name: "GitHub Actions",
    ...facts({
      ref: [ref, target ? "the event's pull request" : "GITHUB_REF"],
      event: [name && (githubEvents[name] ?? "other"), "GITHUB_EVENT_NAME"],
      revision: [env.GITHUB_SHA, "GITHUB_SHA"],
      commitTime: [Number.isNaN(time) ? undefined : time, "the event's head_commit"],
      defaultBranch: [textAt(payload, "repository", "default_branch"), "the event's repository"],
      baseRef: [base, env.GITHUB_BASE_REF ? "GITHUB_BASE_REF" : "the event's base_ref"],
    }),
  };
}

const shortBranch = (ref: string | undefined): string | undefined => ref?.replace(/^refs\/heads\//, "");

const gitlabEvents: Readonly<Record<string, ReleaseEvent>> = {
  push: "push",
  merge_request_event: "pull_request",
  external_pull_request_event: "pull_request",
  schedule: "schedule",
  web: "manual",
  api: "manual",
  trigger: "manual",
  chat: "manual",
};

function gitlabFacts(env: Environment): CiFacts {
  const source = env.CI_PIPELINE_SOURCE;
  const time = Date.parse(env.CI_COMMIT_TIMESTAMP ?? "");
  return {
    name: "GitLab CI",
    ...facts({
      ref: refOf(
        [
          ["refs/tags/", "CI_COMMIT_TAG"],
          ["refs/merge-requests/", "CI_MERGE_REQUEST_IID", "/head"],
          ["refs/heads/", "CI_COMMIT_BRANCH"],
        ],
        env,
      ),
      event: [source && (gitlabEvents[source] ?? "other"), "CI_PIPELINE_SOURCE"],
      revision: [env.CI_COMMIT_SHA, "CI_COMMIT_SHA"],
      commitTime: [Number.isNaN(time) ? undefined : time, "CI_COMMIT_TIMESTAMP"],
      defaultBranch: [env.CI_DEFAULT_BRANCH, "CI_DEFAULT_BRANCH"],
      baseRef: [env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"],
    }),
  };
}

type RefVariable = readonly [prefix: string, variable: string, suffix?: string];

/** Variables of other services, the most telling first. `false` of Buildkite and Travis means that there is none. */
const services: readonly {
  readonly name: string;
  readonly sign: string;
  readonly refs: readonly RefVariable[];
  readonly revision: string;
  readonly base?: string;
}[] = [
  {
    name: "CircleCI",
    sign: "CIRCLECI",
    refs: [
      ["refs/tags/", "CIRCLE_TAG"],
      ["refs/heads/", "CIRCLE_BRANCH"],
    ],
    revision: "CIRCLE_SHA1",
  },
  {
    name: "Buildkite",
    sign: "BUILDKITE",
    refs: [
      ["refs/tags/", "BUILDKITE_TAG"],
      ["refs/pull/", "BUILDKITE_PULL_REQUEST", "/head"],
      ["refs/heads/", "BUILDKITE_BRANCH"],
    ],
    revision: "BUILDKITE_COMMIT",
    base: "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
  },
  {
    name: "Azure Pipelines",
    sign: "TF_BUILD",
    refs: [["", "BUILD_SOURCEBRANCH"]],
    revision: "BUILD_SOURCEVERSION",
    base: "SYSTEM_PULLREQUEST_TARGETBRANCHNAME",
  },
  {
    name: "Bitbucket Pipelines",
    sign: "BITBUCKET_BUILD_NUMBER",
    refs: [
      ["refs/tags/", "BITBUCKET_TAG"],
      ["refs/pull/", "BITBUCKET_PR_ID", "/head"],
      ["refs/heads/", "BITBUCKET_BRANCH"],
    ],
    revision: "BITBUCKET_COMMIT",
    base: "BITBUCKET_PR_DESTINATION_BRANCH",
  },
  {
    name: "Jenkins",
    sign: "JENKINS_URL",
    refs: [
      ["refs/tags/", "TAG_NAME"],
      ["refs/pull/", "CHANGE_ID", "/head"],
      ["refs/heads/", "BRANCH_NAME"],
    ],
    revision: "GIT_COMMIT",
    base: "CHANGE_TARGET",
  },
];

function genericFacts(env: Environment): CiFacts | undefined {
  const service = services.find(({ sign }) => env[sign]);
  if (service === undefined) return undefined;
  const { name, refs, revision, base = "" } = service;
  const ref = refOf(refs, env);
  const pull = ref[0]?.startsWith("refs/pull/") === true;
  return {
    name,
    ...facts({
      ref,
      event: [pull ? "pull_request" : undefined, ref[1]],
      revision: [env[revision], revision],
      baseRef: [env[base], base],
    }),
  };
}

function refOf(variables: readonly RefVariable[], env: Environment): readonly [string | undefined, string] {
  for (const [prefix, variable, suffix = ""] of variables) {
    const value = env[variable];
    if (value && value !== "false") return [prefix + value + suffix, variable];
  }
  return [undefined, ""];
}

type Known = Omit<CiFacts, "name">;

/** Those that have a value. */
function facts(
  given: {
    readonly [Name in keyof Known]?: readonly [value: string | number | undefined, source: string];
  },
): Known {
  const entries = Object.entries(given).flatMap(([name, [value, source]]) =>
    value === undefined || value === "" ? [] : [[name, { value, source }]],
  );
  return Object.fromEntries(entries) as Known;
}

const textAt = (value: unknown, ...path: readonly string[]): string | undefined => {
  const found = at(value, ...path);
  return typeof found === "string" && found !== "" ? found : undefined;
};

const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null
        ? (inner as Readonly<Record<string, unknown>>)[key]
        : undefined,
    value,
  );
