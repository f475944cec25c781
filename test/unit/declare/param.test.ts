import { afterEach, describe, expect, it } from "vitest";
import { readParams, setParams } from "../../../core/declare/param.ts";
import { image, param } from "../../../core/index.ts";
import { compileExports } from "../graph/support.ts";

afterEach(() => {
  setParams({});
});

const codes = (): string[] => readParams().errors.map(({ code }) => code);

describe("param", () => {
  it("is its default unless it is set", () => {
    setParams({ port: "81" });
    expect([param("port", 80), param("host", "::")]).toEqual([81, "::"]);
  });

  it.each([
    ["1.5", 1, 1.5],
    [5, 1, 5],
    ["0x10", 1, 16],
    ["true", false, true],
    ["false", true, false],
    [false, true, false],
    ["1", "a", "1"],
    [1, "a", "1"],
    ["", "a", ""],
  ])("reads %j where the default is %j", (given, fallback, expected) => {
    setParams({ it: given });
    expect(param("it", fallback)).toBe(expected);
    expect(codes()).toEqual([]);
  });

  it.each([
    ["eighty", 80],
    ["", 80],
    ["Infinity", 80],
    ["yes", true],
    [1, true],
    [true, 80],
  ])("reports %j where the default is %j", (given, fallback) => {
    setParams({ it: given });
    expect(param("it", fallback)).toBe(fallback);
    expect(readParams().errors).toMatchObject([
      { code: "PARAM_INVALID", hint: `give a ${typeof fallback}: --set it=${fallback}` },
    ]);
    expect(readParams().errors[0]?.place?.file).toMatch(/param\.test\.ts$/);
  });

  it("may be declared twice with one default, and not with two", () => {
    param("port", 80);
    param("port", 80);
    expect(codes()).toEqual([]);
    param("port", 81);
    expect(codes()).toEqual(["PARAM_DUPLICATE"]);
    expect(readParams().errors[0]?.details).toMatch(/param\.test\.ts:\d+:\d+$/);
  });

  it("is not found in the prototype of what was given", () => {
    expect(param("toString", "x")).toBe("x");
  });

  it("is reported by compile: values of the wrong type, and names that nobody declares", () => {
    setParams({ port: "x", prot: "81", other: 1 });
    param("port", 80);
    const { errors } = compileExports({ app: image().from("x") });
    expect(errors.map(({ code, hint }) => [code, hint])).toEqual([
      ["PARAM_INVALID", "give a number: --set port=80"],
      ["PARAM_UNKNOWN", "did you mean port?"],
      ["PARAM_UNKNOWN", "there are port"],
    ]);
  });
});
