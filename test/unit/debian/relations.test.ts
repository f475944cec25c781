import { describe, expect, it } from "vitest";
import { formatGroup, parseRelations } from "../../../plugins/debian/control/relations.ts";

describe("relations", () => {
  it("are read with alternatives, versions and architectures", () => {
    expect(parseRelations("libc6 (>= 2.36), perl:any | perl5 (<<6) , foo [amd64] <!nocheck>")).toEqual([
      [{ name: "libc6", constraint: { operator: ">=", version: "2.36" } }],
      [
        { name: "perl", qualifier: "any" },
        { name: "perl5", constraint: { operator: "<<", version: "6" } },
      ],
      [{ name: "foo" }],
    ]);
  });

  it("know the old spellings of two operators", () => {
    expect(formatGroup(parseRelations("a (< 1)")[0] ?? [])).toBe("a (<= 1)");
    expect(formatGroup(parseRelations("a (> 1)|b")[0] ?? [])).toBe("a (>= 1) | b");
  });

  it("may be none, and may end with a comma", () => {
    expect(parseRelations("")).toEqual([]);
    expect(parseRelations("a,\n b,")).toHaveLength(2);
  });

  it("are refused where they are not relations", () => {
    expect(() => parseRelations("a (~ 1)")).toThrow(
      expect.objectContaining({ code: "DEBIAN_INDEX_INVALID" }),
    );
  });
});
