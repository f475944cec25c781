import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { imageAt, linkOf } from "../../../core/declare/image.ts";
import { captureSite, setSiteMapper } from "../../../core/declare/site.ts";
import { image, merge } from "../../../core/index.ts";

const here = fileURLToPath(import.meta.url);

afterEach(() => {
  setSiteMapper((place) => place);
});

describe("sites", () => {
  it("are where the author called, however deep the package's own helpers are", () => {
    const line = (site: { place(): { line: number } | undefined } | undefined): number =>
      site?.place()?.line ?? 0;
    const builder = image();
    const img = builder.from("x");
    const tree = merge("a", "b");
    expect(linkOf(img)?.site.file()).toBe(here);
    expect(
      [line(linkOf(img)?.site), line(tree.site)].map((one) => one - line(linkOf(builder)?.site)),
    ).toEqual([1, 2]);
  });

  it("are mapped only when they are shown, and to what they were where nothing is known", () => {
    const seen: number[] = [];
    const site = captureSite();
    setSiteMapper((place) => {
      seen.push(place.line);
      return place.file === here ? { file: "/src/a.ts", line: 7, column: 3 } : undefined;
    });
    expect([site.file(), seen.length]).toEqual([here, 0]);
    expect(site.place()).toEqual({ file: "/src/a.ts", line: 7, column: 3 });
    setSiteMapper(() => undefined);
    expect(site.place()?.file).toBe(here);
  });

  it("leave Error as they found it", () => {
    const prepare = (): string => "prepared";
    const { stackTraceLimit } = Error;
    const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
    Error.prepareStackTrace = prepare;
    try {
      captureSite().place();
      expect(Object.getOwnPropertyDescriptor(Error, "prepareStackTrace")?.value).toBe(prepare);
      expect(Error.stackTraceLimit).toBe(stackTraceLimit);
    } finally {
      if (before === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
      else Object.defineProperty(Error, "prepareStackTrace", before);
    }
  });
});

describe("declarations", () => {
  it("are immutable, and share their beginning", () => {
    const base = image().from("x");
    const [a, b] = [base.run("a"), base.run("b")];
    expect(Object.isFrozen(base) && Object.isFrozen(linkOf(base))).toBe(true);
    expect(linkOf(a)?.previous).toBe(linkOf(base));
    expect(linkOf(b)?.previous).toBe(linkOf(base));
  });

  it("can be gone on with from any of their instructions", () => {
    const link = linkOf(image().from("x"));
    expect(link && linkOf(imageAt(link))).toBe(link);
  });

  it("do not see later changes of what they were given", () => {
    const options = { mounts: [], env: { A: "1" } };
    const words: [string, ...string[]] = ["a"];
    const values = { A: "1" };
    const img = image().from("x").run(words, options).env(values);
    words.push("b");
    values.A = "2";
    options.env.A = "2";
    expect(linkOf(img)?.instruction).toMatchObject({ values: { A: "1" } });
    expect(linkOf(img)?.previous?.instruction).toMatchObject({
      command: ["a"],
      options: { env: { A: "1" } },
    });
  });
});
