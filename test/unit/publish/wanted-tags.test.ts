import { describe, expect, it } from "vitest";
import {
  branch,
  channel,
  edge,
  type FlavorOptions,
  match,
  packageVersion,
  pep440,
  pr,
  raw,
  schedule,
  semver,
  sha,
  type TagRule,
  tag,
} from "tsdock";
import { metadataAction } from "../../../core/declare/metadata-action.ts";
import { tagSettings } from "../../../core/declare/tag-settings.ts";
import type { ReleaseFacts } from "../../../core/publish/facts/release-facts.ts";
import { wantedTags } from "../../../core/publish/tags/wanted-tags.ts";
import { api, releaseFacts } from "./release-facts.ts";

const want = (rules: readonly (TagRule | string)[], facts: ReleaseFacts, flavor: FlavorOptions = {}) =>
  wantedTags(tagSettings({ rules, flavor }), facts, api);

/** `!` marks immutable tags. */
const shown = ({ tags, problems }: ReturnType<typeof wantedTags>): readonly string[] => [
  ...tags.map((one) => (one.class === "immutable" ? `${one.tag}!` : one.tag)),
  ...problems.map(({ code }) => code),
];

const tagged = (name: string, given: Parameters<typeof releaseFacts>[0] = {}) =>
  releaseFacts({ ref: `refs/tags/${name}`, ...given });
const pull = releaseFacts({ ref: "refs/pull/12/merge", event: "pull_request" });
const main = releaseFacts();
const release = (version: string, more: object = {}) =>
  releaseFacts({ releases: [{ package: "api", version, source: "plan.json", ...more }] });
const inPackage = (version: string, given: Parameters<typeof releaseFacts>[0] = {}) =>
  releaseFacts({
    packages: { "packages/api": { name: "@acme/api", version: { value: version, source: "package.json" } } },
    ...given,
  });

describe("rules", () => {
  it.each<[string, readonly (TagRule | string)[], ReleaseFacts, readonly string[]]>([
    ["semver of a tag", [semver()], tagged("v1.2.3"), ["1.2.3!", "1.2", "1", "latest"]],
    ["semver without v", [semver()], tagged("1.2.3"), ["1.2.3!", "1.2", "1", "latest"]],
    ["semver of a pre-release", [semver()], tagged("v1.2.3-rc.1"), ["1.2.3-rc.1!"]],
    ["semver of major version 0", [semver()], tagged("v0.2.3"), ["0.2.3!", "0.2", "latest"]],
    ["semver with build metadata", [semver()], tagged("v1.2.3+b.7"), ["1.2.3!", "1.2", "1", "latest"]],
    ["semver on a branch", [semver()], main, []],
    ["semver of a value", [semver({ value: "v3.1.4" })], main, ["3.1.4!", "3.1", "3", "latest"]],
    ["semver of what a tool releases", [semver()], release("2.0.1"), ["2.0.1!", "2.0", "2", "latest"]],
    [
      "semver, patterns",
      [semver({ patterns: ["v{{version}}", "{{major}}.{{minor}}.{{patch}}", "stable"] })],
      tagged("v1.2.3"),
      ["v1.2.3!", "1.2.3!", "stable", "latest"],
    ],
    [
      "semver, match",
      [semver({ match: /^rel\/(.+)$/ })],
      tagged("rel/1.2.3"),
      ["1.2.3!", "1.2", "1", "latest"],
    ],
    [
      "semver, what metadata-action matches",
      [semver({ match: "^rel-(.+)$" })],
      tagged("rel/1.2.3"),
      ["1.2.3!", "1.2", "1", "latest"],
    ],
    [
      "the npm form of a monorepo's tag",
      [semver()],
      tagged("@acme/api@1.2.3"),
      ["1.2.3!", "1.2", "1", "latest"],
    ],
    ["the form of release-please", [semver()], tagged("api-v1.2.3"), ["1.2.3!", "1.2", "1", "latest"]],
    ["the form of Go modules", [semver()], tagged("api/v1.2.3"), ["1.2.3!", "1.2", "1", "latest"]],
    ["a monorepo's pre-release", [semver()], tagged("api-v1.2.3-beta.1"), ["1.2.3-beta.1!"]],
    ["pep440", [pep440()], tagged("v1.2"), ["1.2", "1", "latest"]],
    ["pep440, patch", [pep440()], tagged("1.2.3"), ["1.2.3!", "1.2", "1", "latest"]],
    ["pep440, pre-release", [pep440()], tagged("1.2rc1"), ["1.2rc1!"]],
    ["pep440, normal form", [pep440()], tagged("v1.2.3-RC.1"), ["1.2.3rc1!"]],
    ["pep440, post", [pep440()], tagged("1.2.3.post1"), ["1.2.3.post1!"]],
    ["pep440, epoch", [pep440()], tagged("1!2.3.4"), ["1-2.3.4!", "2.3", "2", "latest"]],
    [
      "match of a whole date",
      [match(/^release-(\d{8})$/, { group: 1 })],
      tagged("release-20240506"),
      ["20240506!", "latest"],
    ],
    ["match of a part", [match(/v(\d+\.\d+)/, { group: 1 })], tagged("v1.2.3"), ["1.2", "latest"]],
    [
      "match of a named group",
      [match(/v(?<all>.+)/, { group: "all" })],
      tagged("v1.2.3"),
      ["1.2.3!", "latest"],
    ],
    ["match of a pre-release", [match(/v(.+)/, { group: 1 })], tagged("v2.0.0-rc.1"), ["2.0.0-rc.1!"]],
    ["match on a branch", [match(/v(.+)/, { group: 1 })], main, []],
    ["branch", [branch()], releaseFacts({ ref: "refs/heads/feature/x" }), ["feature-x"]],
    ["branch of a tag", [branch()], tagged("v1"), []],
    ["tag", [tag()], tagged("v1.2.3"), ["v1.2.3!", "latest"]],
    ["tag that is no version", [tag()], tagged("deploy/prod"), ["deploy-prod!", "latest"]],
    ["pr", [pr()], pull, ["pr-12"]],
    [
      "pr of GitLab",
      [pr()],
      releaseFacts({ ref: "refs/merge-requests/4/head", event: "pull_request" }),
      ["pr-4"],
    ],
    [
      "sha",
      [sha(), sha({ format: "long", prefix: "" })],
      main,
      ["sha-860c190!", "860c1904a1ce19322e91ac35af1ab07466440c37!"],
    ],
    ["sha that is not known", [sha()], releaseFacts({ revision: undefined }), []],
    [
      "schedule",
      [schedule({ pattern: "{{date 'YYYYMMDD' tz='Asia/Tokyo'}}" })],
      releaseFacts({ event: "schedule" }),
      ["20240508"],
    ],
    ["schedule, else", [schedule()], main, []],
    ["edge", [edge()], main, ["edge"]],
    ["edge of another branch", [edge({ branch: "next" })], main, []],
    ["edge without a default branch", [edge()], releaseFacts({ defaultBranch: undefined }), []],
    ["raw", [raw("{{branch}}-{{sha}}", { class: "immutable" })], main, ["main-860c190!"]],
    ["text", ["stable"], main, ["stable"]],
    [
      "a line of metadata-action",
      ["type=semver,pattern={{version}}"],
      tagged("v1.2.3"),
      ["1.2.3!", "latest"],
    ],
    ["raw that gives nothing", [raw("{{tag}}")], main, []],
    ["the package's version", [packageVersion()], inPackage("1.2.3"), ["1.2.3!", "1.2", "1", "latest"]],
    [
      "the package's version in a pull request",
      [packageVersion()],
      inPackage("1.2.3", { ref: "refs/pull/1/merge", event: "pull_request" }),
      [],
    ],
    ["a package without version", [packageVersion()], main, []],
    [
      "a package that Nx versioned",
      [packageVersion()],
      inPackage("2405.06.abc1234"),
      ["2405.06.abc1234!", "latest"],
    ],
    [
      "the channel of a pre-release",
      [semver(), channel()],
      tagged("v2.0.0-beta.3"),
      ["2.0.0-beta.3!", "beta"],
    ],
    ["the channel of a release", [semver(), channel()], tagged("v2.0.0"), ["2.0.0!", "2.0", "2", "latest"]],
    [
      "the channel of a tool: no latest",
      [semver(), channel()],
      release("2.0.0", { channel: "next" }),
      ["2.0.0!", "2.0", "2", "next"],
    ],
    [
      "the main channel of a tool",
      [semver(), channel()],
      release("2.0.0", { channel: null }),
      ["2.0.0!", "2.0", "2", "latest"],
    ],
    [
      "a channel for maintenance",
      [semver(), channel()],
      release("1.5.1", { channel: "1.x" }),
      ["1.5.1!", "1.5", "1", "1.x"],
    ],
    [
      "changesets' pre-releases",
      [packageVersion(), channel()],
      inPackage("2.0.0-next.1", { pre: { value: "next", source: "pre.json" } }),
      ["2.0.0-next.1!", "next"],
    ],
    ["the channel where nothing is released", [semver(), channel()], inPackage("2.0.0-next.1"), []],
    [
      "a snapshot moves nothing",
      [semver(), channel(), branch(), raw("latest")],
      release("0.0.0-canary-20240506"),
      ["0.0.0-canary-20240506!"],
    ],
    ["raw latest of a pre-release", [semver(), raw("latest")], tagged("v1.0.0-rc.1"), ["1.0.0-rc.1!"]],
    ["raw latest of a pull request", [pr(), raw("latest")], pull, ["pr-12"]],
    ["raw latest of a branch", [raw("latest")], main, ["latest"]],
    [
      "a rule that is off",
      [branch({ enable: false }), sha({ enable: "{{is_not_default_branch}}" })],
      main,
      [],
    ],
    [
      "classes that are given",
      [branch({ class: "immutable" }), semver({ class: "rolling" })],
      main,
      ["main!"],
    ],
    ["priorities", [sha({ priority: 1000 }), branch(), edge()], main, ["sha-860c190!", "edge", "main"]],
    ["one tag twice", [branch(), raw("main")], main, ["main"]],
    ["the same, immutable", [semver(), raw("1.2.3")], tagged("v1.2.3"), ["1.2.3!", "1.2", "1", "latest"]],
  ])("%s", (_, rules, facts, expected) => {
    expect(shown(want(rules, facts))).toEqual(expected);
  });

  it("have a flavor", () => {
    const flavor = { prefix: "{{branch}}x-", suffix: "-alpine", onLatest: true };
    expect(shown(want([semver(), sha()], tagged("v1.2.3"), flavor))).toEqual([
      "x-1.2.3-alpine!",
      "x-1.2-alpine",
      "x-1-alpine",
      "sha-860c190-alpine!",
      "x-latest-alpine",
    ]);
    expect(shown(want([semver()], tagged("v1.2.3"), { latest: false }))).toEqual(["1.2.3!", "1.2", "1"]);
    expect(shown(want([branch()], main, { latest: true }))).toEqual(["main", "latest"]);
    expect(shown(want([], main, { latest: true }))).toEqual([]);
  });

  it("of metadata-action have theirs", () => {
    const settings = metadataAction(
      ["type=semver,pattern={{version}}"],
      ["latest=true", "suffix=-x,onlatest=true"],
    );
    expect(shown(wantedTags(settings, tagged("v1.2.3"), api))).toEqual(["1.2.3-x!", "latest-x"]);
  });

  it("say why there is a tag, and why there is none", () => {
    const { tags, notes } = want([semver(), edge(), schedule()], tagged("v1.2.3"));
    expect(tags.map(({ tag, reason }) => [tag, reason])).toContainEqual(["1.2", "version 1.2.3 (test)"]);
    expect(notes).toEqual(["schedule: the run is not scheduled", "edge: the branch main is not built"]);
  });
});

describe("releases of a monorepo", () => {
  const web = { name: "site", directory: "apps/web" };
  const packages = {
    "packages/api": { name: "@acme/api", version: undefined },
    "apps/web": { name: "@acme/web", version: undefined },
  };
  const owners = ["api", "@acme/api", "site", "@acme/web", "web"];
  const settings = tagSettings([semver(), sha(), branch()]);

  it("give every image its own version", () => {
    const tags = ["@acme/api@1.2.3", "@acme/web@2.0.0"].map((value) => ({ value, source: "git" }));
    const facts = tagged("@acme/api@1.2.3", { tags, packages, owners });
    expect(shown(wantedTags(settings, facts, api))).toEqual(["1.2.3!", "1.2", "1", "sha-860c190!", "latest"]);
    expect(shown(wantedTags(settings, facts, web))).toEqual(["2.0.0!", "2.0", "2", "sha-860c190!", "latest"]);
  });

  it("do not concern the others", () => {
    const facts = tagged("@acme/api@1.2.3", { packages, owners });
    expect(wantedTags(settings, facts, web)).toMatchObject({
      tags: [],
      problems: [],
      notes: ["@acme/api@1.2.3 is a release of something else"],
    });
  });

  it("that a tool makes give the others what is not of a version", () => {
    const releases = [{ package: "@acme/api", version: "1.2.3", source: "plan.json" }];
    const facts = releaseFacts({ releases, packages, owners });
    expect(shown(wantedTags(settings, facts, api))).toEqual([
      "1.2.3!",
      "1.2",
      "1",
      "main",
      "sha-860c190!",
      "latest",
    ]);
    expect(shown(wantedTags(settings, facts, web))).toEqual(["main", "sha-860c190!"]);
  });

  it("may be of the whole workspace", () => {
    const facts = tagged("v3.0.0", { packages, owners });
    expect(shown(wantedTags(settings, facts, web))[0]).toBe("3.0.0!");
    const whole = releaseFacts({ releases: [{ package: undefined, version: "3.1.0", source: "x" }], owners });
    expect(shown(wantedTags(settings, whole, web))[0]).toBe("3.1.0!");
  });

  it("of which one is added to a channel build nothing", () => {
    const added = wantedTags(settings, release("1.2.3", { retag: true, channel: null }), api);
    expect(added.existing).toBe("1.2.3");
    // Neither the commit nor the branch of the run that adds it.
    expect(shown(added)).toEqual(["1.2.3!", "1.2", "1", "latest"]);
    expect(wantedTags(settings, release("1.2.3"), api).existing).toBeUndefined();
  });
});

describe("mistakes", () => {
  it.each<[string, readonly (TagRule | string)[], ReleaseFacts, string, RegExp]>([
    [
      "a version that no rule understands",
      [semver(), sha()],
      tagged("v1.16"),
      "TAG_NOT_UNDERSTOOD",
      /v1\.16 looks like a version/,
    ],
    ["the same in a monorepo", [semver()], tagged("api-v1.16"), "TAG_NOT_UNDERSTOOD", /api-v1\.16/],
    [
      "a release of what is no image",
      [semver()],
      tagged("@acme/utils@1.2.3"),
      "TAG_NOT_UNDERSTOOD",
      /@acme\/utils@1\.2\.3/,
    ],
    [
      "an expression that does not exist",
      [raw("{{brunch}}")],
      main,
      "TAG_RULE_INVALID",
      /no expression \{\{brunch\}\}/,
    ],
    [
      "one with an argument that it does not take",
      [raw("{{sha 'long'}}")],
      main,
      "TAG_RULE_INVALID",
      /takes no arguments/,
    ],
    ["text for options", [semver("v" as never)], main, "TAG_RULE_INVALID", /takes options, such as semver/],
    [
      "an option of another rule",
      [semver({ pattern: "{{version}}" } as never)],
      main,
      "TAG_RULE_INVALID",
      /no option "pattern"; it has patterns/,
    ],
    ["one that is not closed right", [raw("{{date YYYY}}")], main, "TAG_RULE_INVALID", /not understood/],
    [
      "a time zone that does not exist",
      [raw("{{date 'YYYY' tz='Mars/Olympus'}}")],
      main,
      "TAG_RULE_INVALID",
      /no time zone "Mars/,
    ],
    [
      "a pattern of semver",
      [semver({ patterns: ["{{majr}}"] })],
      tagged("v1.2.3-rc.1"),
      "TAG_RULE_INVALID",
      /\{\{majr\}\}/,
    ],
    [
      "an expression of GitHub",
      ["type=raw,value=x,enable=${{ github.ref == 'x' }}"],
      main,
      "TAG_RULE_INVALID",
      /only GitHub can work out/,
    ],
    [
      "enable that gives neither",
      [raw("x", { enable: "{{branch}}" })],
      main,
      "TAG_RULE_INVALID",
      /gives "main"/,
    ],
    [
      "a bad regular expression",
      [match("v(", { group: 1 })],
      tagged("v1.2.3"),
      "TAG_RULE_INVALID",
      /is not a regular expression/,
    ],
    ["bad flags", [match("/v/q")], tagged("v1.2.3"), "TAG_RULE_INVALID", /is not a regular expression/],
    [
      "one that does not match",
      [match(/^x$/)],
      tagged("v1.2.3"),
      "TAG_RULE_INVALID",
      /does not match v1\.2\.3/,
    ],
    [
      "one without its group",
      [semver({ match: /v/ })],
      tagged("v1.2.3"),
      "TAG_RULE_INVALID",
      /has no group 1/,
    ],
    [
      "two texts that give one tag",
      [raw("a/b"), raw("a-b")],
      main,
      "PUBLISH_COLLISION",
      /"a\/b" and "a-b" would both be the tag a-b/,
    ],
    ["text of which nothing is left", [raw("ÄÖ")], main, "TAG_INVALID", /nothing of "ÄÖ"/],
    ["a line with an unknown type", ["type=semvre,pattern=x"], main, "TAG_RULE_INVALID", /no type semvre/],
    [
      "a line with an unknown attribute",
      ["type=sha,size=long"],
      main,
      "TAG_RULE_INVALID",
      /sha has no attribute size/,
    ],
    [
      "files that differ from the commit",
      [sha()],
      releaseFacts({ dirty: { value: true, source: "git status: a" } }),
      "PUBLISH_DIRTY",
      /differ/,
    ],
  ])("%s", (_, rules, facts, code, message) => {
    const { problems } = want(rules, facts);
    expect(problems.map((problem) => [problem.code, problem.message])).toEqual([
      [code, expect.stringMatching(message)],
    ]);
  });

  it("have the place of the rule", () => {
    const [problem] = want([raw("{{brunch}}")], main).problems;
    expect(problem?.place?.file).toMatch(/wanted-tags\.test\.ts$/);
    expect(problem?.hint).toContain("base_ref");
  });

  it("are all reported", () => {
    const { problems } = want([raw("{{a}}"), raw("{{b}}"), match("(")], tagged("v1.2.3"));
    expect(problems).toHaveLength(3);
  });

  it("are none where files differ and that is allowed, or no tag is immutable", () => {
    const dirty = { value: true, source: "git status" };
    expect(want([sha()], releaseFacts({ dirty, allowDirty: true })).problems).toEqual([]);
    expect(want([branch()], releaseFacts({ dirty })).problems).toEqual([]);
  });

  it("in metadata-action's lines are reported with the line", () => {
    const lines = [
      "type=semver",
      "type=ref,event=x",
      "type=raw",
      "type=sha,format=medium",
      '"type=raw,value=x',
      "a,b",
      "type=raw,value=x,priority=high",
      "type=match",
    ];
    const { problems } = wantedTags(metadataAction(lines, ["latest=maybe", "colour=red"]), main, api);
    expect(problems.map(({ message }) => message.replace(/^the tag rule invalid: /, ""))).toEqual([
      expect.stringContaining("semver needs a pattern"),
      expect.stringContaining("must be branch, tag or pr"),
      expect.stringContaining("raw needs a value"),
      expect.stringContaining("must be short or long"),
      expect.stringContaining("a quote is not closed"),
      expect.stringContaining('"a" is not key=value'),
      expect.stringContaining("priority must be a number"),
      expect.stringContaining("match needs a pattern"),
      expect.stringContaining('"latest=maybe" is not understood'),
      expect.stringContaining('"colour=red" is not understood'),
    ]);
  });
});
