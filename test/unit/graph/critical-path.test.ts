import { describe, expect, it } from "vitest";
import { criticalPath } from "../../../core/graph/critical-path.ts";
import { image } from "../../../core/index.ts";
import { compileSound } from "./support.ts";

const slow = image().from("x").run("slow");
const app = image().from("y").run("quick").copy("/a", "/", { from: slow });
const { definition } = compileSound({ app });
const named = (lengths: ReadonlyMap<string, number>): Record<string, number | undefined> =>
  Object.fromEntries([...definition.vertices.values()].map(({ name, id }) => [name, lengths.get(id)]));

describe("criticalPath", () => {
  it("counts vertices to the end where nothing is known", () => {
    expect(named(criticalPath(definition))).toEqual({
      "FROM y": 3,
      "RUN quick": 2,
      "FROM x": 3,
      "RUN slow": 2,
      "COPY --from=image /a /": 1,
    });
  });

  it("adds weights along the longest way", () => {
    const weights: Record<string, number> = { "RUN slow": 10, "RUN quick": 1, "FROM x": 0 };
    const weightOf = (id: string): number => weights[definition.vertices.get(id)?.name ?? ""] ?? 2;
    expect(named(criticalPath(definition, weightOf))).toEqual({
      "FROM y": 5,
      "RUN quick": 3,
      "FROM x": 12,
      "RUN slow": 12,
      "COPY --from=image /a /": 2,
    });
  });
});
