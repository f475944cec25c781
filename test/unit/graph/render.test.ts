import { describe, expect, it } from "vitest";
import { graphJson } from "../../../core/graph/render/graph-json.ts";
import { graphFormats, renderGraph } from "../../../core/graph/render/render-graph.ts";
import { group, image, merge, scratch } from "../../../core/index.ts";
import { amd64, arm64, compileSound, thisFile } from "./support.ts";

const base = image().from("node:22").workdir("/app");
const builder = image()
  .from(base)
  .copy("src", "src/")
  .run(`
  npm ci
  echo "<done>" && npm run build
`);
const web = image().from(base).copy("/app/dist", "./", { from: builder }).cmd(["node", "."]);
const tools = image().from(merge("busybox", web));
const empty = image().from(scratch).cmd(["/none"]);
const images = { base, web, tools, empty, all: group("all", [web, tools]) };
const extensions = { text: "txt", json: "json", dot: "dot", mermaid: "mmd" } as const;

describe("renderGraph", () => {
  it.each(graphFormats.filter((format) => format !== "json"))("prints %s", async (format) => {
    const { definition } = compileSound(images);
    await expect(renderGraph(definition, format)).toMatchFileSnapshot(`golden/graph.${extensions[format]}`);
  });

  it.each(graphFormats.filter((format) => format !== "json"))(
    "tells platforms apart in %s",
    async (format) => {
      const { definition } = compileSound({ base: images.base, web }, { platforms: [amd64, arm64] });
      await expect(renderGraph(definition, format)).toMatchFileSnapshot(
        `golden/platforms.${extensions[format]}`,
      );
    },
  );

  it("prints JSON of the documented shape", () => {
    const { definition } = compileSound(images);
    const json = graphJson(definition);
    expect(JSON.parse(renderGraph(definition, "json"))).toEqual(json);
    expect(json.vertices[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      op: "source",
      name: "FROM node:22",
      platform: "linux/amd64",
      inputs: [],
      images: ["base", "web", "tools"],
      source: expect.stringContaining(`${thisFile(import.meta.url)}:`) as string,
    });
    expect(json.images.map(({ name, groups }) => [name, groups])).toEqual([
      ["base", []],
      ["web", ["all"]],
      ["tools", ["all"]],
      ["empty", []],
    ]);
    const ids = json.vertices.map(({ id }) => id);
    expect(
      json.vertices.every(({ id, inputs }) =>
        inputs.every((input) => ids.indexOf(input) < ids.indexOf(id) && ids.includes(input)),
      ),
    ).toBe(true);
    expect(json.images[3]?.vertex).toBeNull();
  });
});
