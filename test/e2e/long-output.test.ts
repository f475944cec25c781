import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CliWorkspace } from "../support/cli.ts";

describe("what the command writes", () => {
  it("arrives whole, however late it is read: a pipe holds less", async () => {
    await using workspace = new CliWorkspace();
    workspace.write(
      "many.image.ts",
      `import { image, scratch } from "tsdock";
const of = (n: number) => image().from(scratch).env({ TEXT: String(n).repeat(200) });
${Array.from({ length: 4000 }, (_, n) => `export const image${n} = of(${n});`).join("\n")}\n`,
    );
    const child = workspace.start(["graph", "--format", "json"]);
    await sleep(700);
    let text = "";
    for await (const chunk of child.stdout ?? []) text += String(chunk);
    expect(text.length).toBeGreaterThan(500_000);
    expect(text.match(/"image3999/g)).not.toBeNull();
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });
});
