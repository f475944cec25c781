import { createHash } from "node:crypto";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { KeptTransforms, transformFormat } from "../../../core/analyze/loading/kept-transforms.ts";
import { transformModule } from "../../../core/analyze/loading/transform-module.ts";

const never = (): string => {
  throw new Error("it was transformed again");
};

describe("code of modules that was kept", () => {
  it("is found by text and kind of file in the next run, which has nothing new to keep then", () => {
    const first = new KeptTransforms(undefined);
    expect(first.code("/a.ts", "let a: 1", () => "let a")).toBe("let a");
    expect(first.code("/b.tsx", "let a: 1", () => "let b")).toBe("let b");
    const second = new KeptTransforms(first.state());
    expect(second.code("/elsewhere/c.ts", "let a: 1", never)).toBe("let a");
    expect(second.code("/b.tsx", "let a: 1", never)).toBe("let b");
    expect(second.state()).toBeUndefined();
    expect(second.code("/a.ts", "let a: 2", () => "let a2")).toBe("let a2");
    expect(second.state()).toBeDefined();
  });

  it("forgets what a run that found something new did not use", () => {
    const first = new KeptTransforms(undefined);
    first.code("/a.ts", "a", () => "a");
    const second = new KeptTransforms(first.state());
    second.code("/b.ts", "b", () => "b");
    expect(new KeptTransforms(second.state()).code("/a.ts", "a", () => "made")).toBe("made");
  });

  it("counts for nothing where it was damaged", () => {
    const kept = new KeptTransforms(undefined);
    kept.code("/a.ts", "a", () => "good");
    const state = Buffer.from(kept.state() ?? []);
    for (const broken of [
      Buffer.from(state.toString().replace("good", "evil")),
      state.subarray(0, state.length - 1),
      Buffer.from("\n"),
      Buffer.alloc(0),
    ])
      expect(new KeptTransforms(broken).code("/a.ts", "a", () => "made")).toBe("made");
  });

  it("is of one transformer: another version, or other code from it, needs another number", () => {
    const manifest = fs.readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
    const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
    const sample = `@d class A<T> { #x?: T; static { enum E { a } } } export const f = <T,>(x: T): T => x satisfies T;
      await using y = z; import type { X } from "x"; import w = require("w"); namespace N { export const q = 1 }`;
    const { code, mistakes } = transformModule("sample.ts", sample);
    expect(mistakes).toEqual([]);
    const digest = createHash("sha256").update(code).digest("hex").slice(0, 12);
    expect([transformFormat, dependencies["oxc-transform"], digest]).toEqual([1, "0.151.0", "9bc75a46709d"]);
  });
});
