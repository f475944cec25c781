import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Image } from "../../../core/declare/image.ts";
import { image, scratch } from "../../../core/index.ts";
import { compileModules, compileSound, moduleOf } from "./support.ts";

/** One instruction, as data, so that the same declaration can be made twice. */
type Step = readonly ["run" | "copy" | "env" | "workdir" | "cmd" | "file", string];
const word = fc.constantFrom("a", "b", "c");
const step = fc.tuple(
  fc.constantFrom("run", "copy", "env", "workdir", "cmd", "file"),
  word,
) as fc.Arbitrary<Step>;
const chain = fc.record({
  base: fc.constantFrom("x", "y", undefined),
  steps: fc.array(step, { maxLength: 6 }),
});
type Chain = typeof chain extends fc.Arbitrary<infer T> ? T : never;

const take = (img: Image, [type, text]: Step): Image => {
  switch (type) {
    case "run":
      return img.run(`make ${text}`);
    case "copy":
      return img.copy(text, `/${text}/`);
    case "env":
      return img.env({ [text.toUpperCase()]: text });
    case "workdir":
      return img.workdir(text);
    case "cmd":
      return img.cmd([text]);
    case "file":
      return img.file(`/etc/${text}`, text);
  }
};

const declare = ({ base, steps }: Chain): Image => steps.reduce(take, image().from(base ?? scratch));
const exportsOf = (chains: readonly Chain[]): Record<string, Image> =>
  Object.fromEntries(chains.map((one, index) => [`image${index}`, declare(one)]));
const topsOf = (result: ReturnType<typeof compileSound>): Record<string, string | undefined> =>
  Object.fromEntries(result.definition.images.map(({ name, platforms }) => [name, platforms[0]?.top]));

describe("compile", () => {
  it("gives the same ids to the same declarations", () => {
    fc.assert(
      fc.property(fc.array(chain, { maxLength: 4 }), (chains) => {
        const [first, second] = [compileSound(exportsOf(chains)), compileSound(exportsOf(chains))];
        expect([...first.definition.vertices.keys()]).toEqual([...second.definition.vertices.keys()]);
        expect(topsOf(first)).toEqual(topsOf(second));
      }),
    );
  });

  it("does not mind in which order independent images come", () => {
    fc.assert(
      fc.property(fc.array(chain, { maxLength: 4 }), (chains) => {
        const modules = Object.entries(exportsOf(chains)).map(([name, value]) =>
          moduleOf({ [name]: value }, `/w/${name}.ts`),
        );
        const [there, back] = [compileModules(modules), compileModules([...modules].reverse())];
        expect(topsOf(there)).toEqual(topsOf(back));
        expect([...there.definition.vertices.keys()].sort()).toEqual(
          [...back.definition.vertices.keys()].sort(),
        );
      }),
    );
  });

  it("has inputs before what uses them, and one vertex for equal work", () => {
    fc.assert(
      fc.property(fc.array(chain, { minLength: 1, maxLength: 4 }), (chains) => {
        const twice = [...chains, ...chains];
        const { definition } = compileSound(exportsOf(twice));
        expect(definition.vertices.size).toBe(compileSound(exportsOf(chains)).definition.vertices.size);
        const seen = new Set<string>();
        for (const { id, inputs } of definition.vertices.values()) {
          expect(inputs.every((input) => seen.has(input))).toBe(true);
          seen.add(id);
        }
      }),
    );
  });

  it("does not let configuration after the last layer change any vertex", () => {
    fc.assert(
      fc.property(chain, word, (one, text) => {
        const app = declare(one);
        const more = app.cmd([text]).label({ text }).expose(80).user(text).env({ Z: text });
        expect(topsOf(compileSound({ app: more }))).toEqual(topsOf(compileSound({ app })));
      }),
    );
  });

  it("does not depend on where the workspace is", () => {
    fc.assert(
      fc.property(fc.array(chain, { maxLength: 3 }), (chains) => {
        const at = (workspace: string) =>
          topsOf(
            compileSound(exportsOf(chains), { workspace, findPackageDirectory: () => `${workspace}/app` }),
          );
        expect(at("/one/place")).toEqual(at("/another"));
      }),
    );
  });
});
