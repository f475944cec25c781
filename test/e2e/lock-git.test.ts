import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { makeGitRepository } from "../support/git-repository.ts";
import { requires } from "../support/requires.ts";

interface Built {
  readonly images: readonly { readonly imageId: string }[];
}
interface Locked {
  readonly entries: readonly { readonly entry: string; readonly action: string; readonly to?: string }[];
}

describe.skipIf(!requires("git"))("add({ git, ref }) and tsdock.lock", () => {
  it("stays at the commit that was locked until it is updated", async () => {
    await using workspace = new InProcessWorkspace();
    const repository = makeGitRepository(workspace.path(".repository"));
    const first = repository.commit({ file: "1" });
    workspace.write(
      "a.image.ts",
      `import { image, scratch } from "tsdock";
export const a = image().from(scratch).add({ git: ${JSON.stringify(repository.url)}, ref: "main" }, "/");
export const whole = image().from(scratch).add({ git: ${JSON.stringify(repository.url)}, ref: ${JSON.stringify(first)} }, "/");
`,
    );
    const entry = `${repository.url}#main`;
    const build = async (...args: readonly string[]) =>
      (await workspace.json<Built>(["build", "a", ...args])).images[0]?.imageId;
    const lock = async (...args: readonly string[]) =>
      (await workspace.json<Locked>(["lock", ...args])).entries;

    const refused = await workspace.run(["build", "--locked"]);
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toContain(`LOCK_MISSING ${entry} is not in tsdock.lock`);
    expect(refused.stderr).toContain(`${workspace.path("a.image.ts")}:2:40`);
    expect((await workspace.run(["build", "whole", "--locked"])).exitCode).toBe(0);
    expect((await workspace.run(["lock", "--check"])).exitCode).toBe(3);

    expect(await lock()).toEqual([{ entry, action: "add", to: first }]);
    expect(JSON.parse(fs.readFileSync(workspace.path("tsdock.lock"), "utf8"))).toEqual({
      version: 1,
      images: {},
      git: { [entry]: first },
      plugins: {},
    });
    expect((await workspace.run(["lock", "--check"])).exitCode).toBe(0);
    const before = await build("--locked");

    const second = repository.commit({ file: "2" });
    expect(await build("--locked")).toBe(before);
    expect(await build()).toBe(before);
    expect(await lock()).toEqual([{ entry, action: "keep" }]);

    expect(await lock("--update", repository.url)).toEqual([{ entry, action: "update", to: second }]);
    expect(await build("--locked")).not.toBe(before);

    workspace.write(
      "a.image.ts",
      'import { image, scratch } from "tsdock"; export const a = image().from(scratch);',
    );
    expect((await workspace.run(["lock", "--check"])).exitCode).toBe(3);
    expect(await lock()).toEqual([{ entry, action: "remove" }]);
    expect(fs.readFileSync(workspace.path("tsdock.lock"), "utf8")).not.toContain("git");
  });

  it("refuses to update what nothing uses, and to compare and update at once", async () => {
    await using workspace = new InProcessWorkspace();
    workspace.write(
      "a.image.ts",
      'import { image } from "tsdock"; export const a = image().from("registry.example/base:1");',
    );
    const unknown = await workspace.run(["lock", "--update", "registry.example/bsae:1"]);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain("did you mean registry.example/base:1?");
    expect(await workspace.run(["lock", "--check", "--update"])).toMatchObject({ exitCode: 2, stdout: "" });
  });
});
