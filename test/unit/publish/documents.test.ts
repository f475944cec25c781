import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { isTsdockError, TsdockErrors } from "../../../core/errors/tsdock-error.ts";
import { beginJournal, type Journal, type JournalMove } from "../../../core/publish/journal/journal.ts";
import { JournalFile, journalId, StoredJournals } from "../../../core/publish/journal/journal-files.ts";
import { formatPlan, parsePlan, type PlanDocument } from "../../../core/publish/plan/plan-document.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const descriptor = (digit: string) => ({
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: `sha256:${digit.repeat(64)}` as const,
  size: 400,
});
const plan: PlanDocument = {
  version: 1,
  destination: "registry.example/acme",
  facts: [{ name: "branch", value: "main", source: "git" }],
  images: [
    {
      name: "web",
      repository: "registry.example/acme/web",
      dependsOn: [],
      manifest: descriptor("a"),
      platforms: [
        { platform: "linux/amd64", digest: descriptor("a").digest, imageId: descriptor("b").digest },
      ],
      tags: [{ tag: "1", class: "rolling", reason: "test", from: descriptor("c"), action: "move" }],
    },
  ],
};

/** `LINE:COLUMN CODE message` of everything that is wrong with a plan. */
async function mistakes(text: string): Promise<readonly string[]> {
  await using tmp = temporaryDirectory();
  const file = path.join(tmp.path, "plan.json");
  writeFileSync(file, text);
  try {
    parsePlan(text, file);
    return [];
  } catch (error) {
    const all = error instanceof TsdockErrors ? error.errors : isTsdockError(error) ? [error] : [];
    return all.map(({ place, code, message }) => {
      const why = message.slice(message.indexOf(": ") + 2);
      return `${place?.line ?? 0}:${place?.column ?? 0} ${code} ${why}`;
    });
  }
}

describe("a plan in a file", () => {
  it("reads what it writes", () => {
    expect(parsePlan(formatPlan(plan), "plan.json")).toEqual(plan);
  });

  it.each<[string, string, string, RegExp]>([
    ["another version", '"version": 1', '"version": 2', /^2:14 PUBLISH_PLAN_INVALID its version is 2/],
    ["no version", '"version": 1,', "", /PUBLISH_PLAN_INVALID it has no version/],
    [
      "a member that is not known",
      '"size": 400\n      },\n      "platforms"',
      '"size": 400,\n"urls": []\n      },\n      "platforms"',
      /^20:1 PUBLISH_PLAN_INVALID images\.0\.manifest\.urls is not known$/,
    ],
    [
      "what is no digest",
      `sha256:${"b".repeat(64)}`,
      "sha256:b",
      /images\.0\.platforms\.0\.imageId must be sha256/,
    ],
    ["what is no tag", '"tag": "1"', '"tag": "a/b"', /images\.0\.tags\.0\.tag must be a tag/],
    [
      "an unknown action",
      '"action": "move"',
      '"action": "delete"',
      /images\.0\.tags\.0\.action must be create/,
    ],
    ["no JSON", '"facts": [', '"facts": {[', /^4:\d+ PUBLISH_PLAN_INVALID it is not JSON/],
  ])("refuses %s, with its place", async (_name, from, to, expected) => {
    const text = formatPlan(plan);
    expect(text).toContain(from);
    expect((await mistakes(text.replace(from, to))).join("\n")).toMatch(expected);
  });

  it("reports every mistake", async () => {
    const text = formatPlan(plan).replace('"name": "web"', '"name": 7').replace('"tag": "1"', '"tag": ""');
    expect((await mistakes(text)).length).toBeGreaterThan(1);
  });
});

const move = (tag: string, from: string | null, to: string): JournalMove => ({
  image: "web",
  repository: "registry.example/acme/web",
  tag,
  class: "rolling",
  from: from === null ? null : descriptor(from),
  to: descriptor(to),
  moved: false,
});
const held = (...moves: readonly JournalMove[]) =>
  new Map(moves.map(({ repository, tag, to }) => [`${repository}:${tag}`, to]));
const begin = (id: string, ...moves: readonly JournalMove[]) => ({
  id,
  destination: "registry.example/acme",
  moves,
});

describe("a journal", () => {
  it("goes on with a release that was interrupted, and keeps what was there before it", () => {
    const earlier = beginJournal(begin("1", move("1", "a", "b"), move("2", null, "b")), new Map(), undefined);
    // `1` was moved before the process was killed: nothing is left to do for it.
    const again = beginJournal(
      begin("2", move("2", null, "b")),
      held(move("1", "a", "b"), move("2", null, "b")),
      earlier,
    );
    expect(again).toEqual({
      ...earlier,
      moves: [{ ...move("1", "a", "b"), moved: true }, move("2", null, "b")],
    });
  });

  it("takes what it finds now for a tag that somebody moved between the two runs", () => {
    const earlier = beginJournal(begin("1", move("1", "a", "b")), new Map(), undefined);
    const again = beginJournal(begin("2", move("1", "c", "b")), held(move("1", "c", "b")), earlier);
    expect(again.moves).toEqual([move("1", "c", "b")]);
  });

  it.each<[string, Partial<Journal>]>([
    ["is complete", { state: "complete" }],
    ["was undone", { state: "undone" }],
    ["is another", { moves: [move("1", "a", "d")] }],
  ])("begins anew where the last release %s", (_name, other) => {
    const earlier = { ...beginJournal(begin("1", move("1", "a", "b")), new Map(), undefined), ...other };
    const moves = [move("1", "b", "c")];
    expect(beginJournal(begin("2", ...moves), held(...moves), earlier)).toMatchObject({ id: "2", moves });
  });

  it("is kept in the store by workspace and destination, the last fifty", async () => {
    await using tmp = temporaryDirectory();
    const journals = new StoredJournals(tmp.path, "/workspace");
    const put = async (keeper: StoredJournals, second: number) => {
      const id = journalId(new Date(second * 1000));
      await keeper.put(beginJournal(begin(id, move("1", null, "a")), new Map(), undefined));
      return id;
    };
    for (let second = 0; second < 60; second += 1) await put(journals, second);
    const last = await put(journals, 100);
    await put(new StoredJournals(tmp.path, "/another"), 200);
    expect((await journals.latest("registry.example/acme"))?.id).toBe(last);
    expect(await journals.latest("registry.example/other")).toBeUndefined();
  });

  it("is refused with its place where a file is none", async () => {
    await using tmp = temporaryDirectory();
    const file = path.join(tmp.path, "journal.json");
    expect(new JournalFile(file).read()).toBeUndefined();
    writeFileSync(file, '{\n  "version": 1,\n  "secret": true\n}\n');
    expect(() => new JournalFile(file).read()).toThrow(/is not a journal that can be used/);
  });
});
