import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { branch, channel, match, pep440, pr, raw, schedule, semver, sha, type TagRule, tag } from "tsdock";
import { tagSettings } from "../../../core/declare/tag-settings.ts";
import type { TagSettings } from "../../../core/declare/tag-rule.ts";
import { digestOf } from "../../../core/oci/spec/digest.ts";
import { isTag } from "../../../core/oci/spec/reference.ts";
import type { ReleaseFacts } from "../../../core/publish/facts/release-facts.ts";
import type { WantedTag } from "../../../core/publish/publish-result.ts";
import { parsePep440 } from "../../../core/publish/tags/pep440.ts";
import { parseSemver } from "../../../core/publish/tags/semver.ts";
import { compareVersions, type Version } from "../../../core/publish/tags/version.ts";
import { decideRolling } from "../../../core/publish/tags/version-line.ts";
import { wantedTags } from "../../../core/publish/tags/wanted-tags.ts";
import { api, releaseFacts } from "./release-facts.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom("a", "b", "1", ".", "-", "_", "/", "@", "v", "{", "}", " ", "é"),
    maxLength: 200,
  }),
);
const ref = fc.oneof(
  text.map((name) => `refs/heads/${name}`),
  text.map((name) => `refs/tags/${name}`),
  fc.nat().map((number) => `refs/pull/${number}/merge`),
  text,
);
const options = fc.record({ prefix: text, suffix: text, priority: fc.nat() }, { requiredKeys: [] });
const flavors = fc.record({ prefix: text, suffix: text, onLatest: fc.boolean() }, { requiredKeys: [] });
const rule: fc.Arbitrary<TagRule> = fc.oneof(
  options.map((given) => semver(given)),
  fc.tuple(options, text).map(([given, value]) => semver({ ...given, value })),
  options.map((given) => branch(given)),
  options.map((given) => tag(given)),
  options.map((given) => pr(given)),
  options.map((given) => sha(given)),
  fc.tuple(text, options).map(([value, given]) => raw(value, given)),
  fc.tuple(text, options).map(([pattern, given]) => schedule({ ...given, pattern })),
  fc.tuple(text, options).map(([pattern, given]) => match(pattern, given)),
  options.map((given) => channel(given)),
);

describe("for any rules and any ref", () => {
  it("every tag is legal, and each is there once", () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), ref, flavors, (rules, ref, flavor) => {
        const facts = releaseFacts({ ref, event: "schedule", owners: [] });
        const { tags } = wantedTags(tagSettings({ rules, flavor }), facts, api);
        for (const { tag } of tags) expect(tag).toSatisfy(isTag);
        expect(new Set(tags.map(({ tag }) => tag)).size).toBe(tags.length);
        for (const one of tags) if (one.class === "immutable") expect(one.line).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

type Numbers = readonly [number, number, number];
interface ReleaseHappening {
  readonly type: "release" | "pre-release";
  readonly numbers: Numbers;
  readonly pre: readonly [string, number];
}
/** One thing that happens in the life of a repository. */
type Happening =
  | ReleaseHappening
  | { readonly type: "again"; readonly which: number }
  | { readonly type: "branch" | "pull" | "snapshot" };

const numbers = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.nat({ max: 4 }));
const pre = fc.tuple(fc.constantFrom("b", "rc"), fc.nat({ max: 12 }));
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("release" as const), numbers, pre }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("pre-release" as const), numbers, pre }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("again" as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom("branch" as const, "pull" as const, "snapshot" as const) }),
  },
);
/** How many tags a run moves before it is interrupted; mostly all. */
const endurance = fc.oneof(
  { weight: 4, arbitrary: fc.constant(99) },
  { weight: 1, arbitrary: fc.nat({ max: 5 }) },
);
const length = { minLength: 200, maxLength: 200 };
const history = fc.array(fc.tuple(happening, endurance), length);

interface Project {
  readonly scheme: "semver" | "pep440";
  readonly prefix: string;
  readonly suffix: string;
}

const parsers = { semver: parseSemver, pep440: parsePep440 };
const versionRules = { semver: semver(), pep440: pep440() };

/** A repository: what each tag means, and as which class it was given. A version is built from one commit. */
class Repository {
  readonly tags = new Map<string, { readonly version: Version | undefined; readonly commit: string }>();
  readonly immutable = new Set<string>();
  readonly #released: string[] = [];
  readonly #project: Project;
  readonly #settings: TagSettings;
  #commits = 0;

  constructor(project: Project) {
    this.#project = project;
    const { scheme, prefix, suffix } = project;
    const rules = [versionRules[scheme], channel(), branch(), pr(), sha()];
    this.#settings = tagSettings({ rules, flavor: { prefix, suffix } });
  }

  run(one: Happening, moves: number): void {
    const { ref, version: text } = this.#subject(one);
    const version = text === undefined ? undefined : parsers[this.#project.scheme](text);
    // The same version is always of the same commit.
    const commit = digestOf(Buffer.from(text ?? `commit ${this.#commits++}`)).slice(7, 47);
    const facts = { ...factsOf(one, ref), revision: { value: commit, source: "test" } };
    const { tags, problems } = wantedTags(this.#settings, facts, api);
    if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join());
    const published = [...this.tags.keys()];
    const moving = tags.filter(
      (tag) => tag.class === "immutable" || decideRolling(tag, published).action === "move",
    );
    const ordered = [...moving].sort((a, b) => a.class.localeCompare(b.class));
    for (const tag of ordered.slice(0, moves)) this.#give(tag, version, commit);
  }

  #give({ tag, class: tagClass }: WantedTag, version: Version | undefined, commit: string): void {
    const before = this.tags.get(tag);
    if (tagClass === "immutable") this.immutable.add(tag);
    if (this.immutable.has(tag) && before !== undefined && before.commit !== commit)
      throw new Error(`${tag} is immutable and moved`);
    if (before?.version !== undefined) {
      if (version === undefined) throw new Error(`${tag} lost its version`);
      if (compareVersions(version, before.version) < 0)
        throw new Error(`${tag} went back from ${before.version.text} to ${version.text}`);
    }
    if (tag === "latest" && version?.stable !== true) throw new Error("latest is no release");
    this.tags.set(tag, { version, commit });
  }

  #subject(one: Happening): { readonly ref: string; readonly version: string | undefined } {
    if (one.type === "branch") return { ref: "refs/heads/main", version: undefined };
    if (one.type === "pull") return { ref: "refs/pull/1/merge", version: undefined };
    if (one.type === "snapshot") return { ref: "refs/heads/main", version: "0.0.0-canary" };
    if ("numbers" in one) this.#released.push(this.#versionOf(one));
    const which = one.type === "again" ? one.which % (this.#released.length || 1) : -1;
    const version = this.#released.at(which) ?? "0.0.1";
    return { ref: `refs/tags/v${version}`, version };
  }

  #versionOf({ type, numbers, pre: [name, number] }: ReleaseHappening): string {
    const [major, minor, patch] = numbers;
    if (this.#project.scheme === "semver")
      return numbers.join(".") + (type === "release" ? "" : `-${name}.${number}`);
    // Versions of two numbers have the name of their own line.
    const release = patch === 0 ? [major, minor] : numbers;
    return release.join(".") + (type === "release" ? "" : `${name}${number}`);
  }
}

function factsOf(one: Happening, ref: string): ReleaseFacts {
  if (one.type === "snapshot")
    return releaseFacts({ ref, releases: [{ package: "api", version: "0.0.0-canary", source: "test" }] });
  return releaseFacts({ ref, event: one.type === "pull" ? "pull_request" : "push" });
}

const projects: readonly Project[] = [
  { scheme: "semver", prefix: "", suffix: "" },
  { scheme: "semver", prefix: "x-", suffix: "-alpine" },
  { scheme: "pep440", prefix: "", suffix: "" },
];

describe("histories of 200 releases with backports, pre-releases and re-runs", () => {
  it.each(projects)(
    "move no rolling tag back and no immutable tag at all: $scheme, prefix '$prefix'",
    (project) => {
      fc.assert(
        fc.property(history, (happenings) => {
          const repository = new Repository(project);
          for (const [one, moves] of happenings) repository.run(one, moves);
        }),
        { numRuns: 5, endOnFailure: true },
      );
    },
  );

  it("end with every rolling tag at the newest version where nothing is interrupted", () => {
    fc.assert(
      fc.property(fc.array(happening, length), (happenings) => {
        const repository = new Repository({ scheme: "semver", prefix: "", suffix: "" });
        for (const one of happenings) repository.run(one, 99);
        const { tags } = repository;
        const versions = [...tags.keys()].flatMap((tag) => parseSemver(tag) ?? []);
        const stable = versions.filter((one) => one.stable);
        const newest = (some: readonly Version[]) => [...some].sort(compareVersions).at(-1)?.text;
        const lineOf = (major: number, minor?: number) =>
          stable.filter((one) => one.major === major && (minor === undefined || one.minor === minor));
        expect(tags.get("latest")?.version?.text).toBe(newest(stable));
        expect(tags.has("0")).toBe(false);
        for (const { major, minor } of stable) {
          expect(tags.get(`${major}.${minor}`)?.version?.text).toBe(newest(lineOf(major, minor)));
          if (major > 0) expect(tags.get(String(major))?.version?.text).toBe(newest(lineOf(major)));
        }
        for (const name of ["b", "rc"])
          expect(tags.get(name)?.version?.text).toBe(newest(versions.filter((one) => one.channel === name)));
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });
});
