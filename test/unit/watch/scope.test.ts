import { describe, expect, it } from "vitest";
import { IgnoreMatcher } from "../../../core/build/context/ignore-patterns.ts";
import { rulesOfMatcher } from "../../../core/toolkit/watch/context-rules.ts";
import { scopeOf, type Scope } from "../../../core/toolkit/watch/scope.ts";
import type { Watched } from "../../../core/toolkit/watch/watched.ts";

const nothing: Watched = { directory: "/w", images: undefined, files: [], contexts: [] };

const scope = (watched: Partial<Watched>, ignore: readonly string[] = [], everything = false): Scope =>
  scopeOf({
    watched: { ...nothing, ...watched },
    everything,
    excluded: ["/w/.store", "/w/out"],
    rulesOf: (context) => rulesOfMatcher(new IgnoreMatcher(ignore, context)),
  });

const counted = ({ counts }: Scope, files: readonly string[]): readonly string[] => files.filter(counts);
const entered = ({ enters }: Scope, files: readonly string[]): readonly string[] => files.filter(enters);

describe("what is watched", () => {
  it("are files of contexts, but for what .dockerignore hides, editors leave and builds write", () => {
    const all = [
      "/w/app/a.js",
      "/w/app/logs/x",
      "/w/app/logs/keep/x",
      "/w/app/.dockerignore",
      "/w/app/node_modules/a/x",
      "/w/app/.git/HEAD",
      "/w/app/.a.js.swp",
      "/w/app/a.js~",
      "/w/other/a.js",
      "/w/out/a.js",
      "/w/.store/blobs/x",
      "/w/outer",
    ];
    const one = scope({ contexts: ["/w/app"] }, ["logs", "!logs/keep"]);
    expect(counted(one, all)).toEqual(["/w/app/a.js", "/w/app/logs/keep/x", "/w/app/.dockerignore"]);
    expect(counted(scope({ contexts: ["/w"] }), ["/w/out", "/w/out/x", "/w/outer"])).toEqual(["/w/outer"]);
  });

  it("enters ignored directories only where something in them is not, and hidden ones only in contexts", () => {
    const directories = [
      "/w",
      "/w/app",
      "/w/app/logs",
      "/w/app/tmp",
      "/w/app/.config",
      "/w/.config",
      "/w/dist",
    ];
    const one = scope({ contexts: ["/w/app"], images: ["app/*.image.ts"] }, ["logs", "!logs/keep", "tmp"]);
    expect(entered(one, directories)).toEqual([
      "/w",
      "/w/app",
      "/w/app/logs",
      "/w/app/tmp",
      "/w/app/.config",
    ]);
    const elsewhere = scope({ contexts: ["/w/app"], images: ["images/*.image.ts"] }, ["tmp"]);
    expect(entered(elsewhere, ["/w/app/tmp", "/w/images", "/w/other", "/w/app/node_modules"])).toEqual([
      "/w/images",
    ]);
  });

  it("are sources wherever they are, what decides how they are found, and modules that may come", () => {
    const files = ["/w/a.image.ts", "/w/lib/x.ts", "/shared/y.ts", "/w/node_modules/t/z.ts"];
    const one = scope({ files });
    expect(counted(one, files)).toEqual(files);
    expect(
      counted(one, [
        "/w/lib",
        "/w/lib/other.ts",
        "/w/new/b.image.ts",
        "/w/new/b.ts",
        "/w/dist/b.image.ts",
        "/w/packages/p/package.json",
        "/w/tsconfig.base.json",
        "/w/pnpm-lock.yaml",
        "/shared/package.json",
        "/w/tsdock.config.mts",
        "/w/tsdock-release.json",
      ]),
    ).toEqual([
      "/w/lib",
      "/w/new/b.image.ts",
      "/w/packages/p/package.json",
      "/w/tsconfig.base.json",
      "/w/pnpm-lock.yaml",
      "/w/tsdock.config.mts",
    ]);
    expect(one.single).toEqual(expect.arrayContaining(["/w/lib", "/shared", "/w/node_modules/t"]));
  });

  it("is everything while nobody knows what declarations depend on", () => {
    const blind = scope({}, [], true);
    const files = [
      "/w/x",
      "/w/.hidden/x",
      "/w/node_modules/.package-lock.json",
      "/w/node_modules/a/x",
      "/w/.git/x",
    ];
    expect(counted(blind, files)).toEqual(["/w/x", "/w/.hidden/x", "/w/node_modules/.package-lock.json"]);
    expect(counted(blind, ["/x", "/w2/x"])).toEqual([]);
    expect(blind.single).toContain("/w/node_modules");
  });
});
