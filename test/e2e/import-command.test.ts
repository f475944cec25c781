import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";

describe("tsdock import", () => {
  let workspace: CliWorkspace;

  beforeEach(() => {
    workspace = new InProcessWorkspace();
    workspace.write(
      "app/Dockerfile",
      "FROM scratch AS files\nCOPY a /a\nFROM scratch\nCOPY --from=files /a /b\n",
    );
    workspace.write("app/a", "1");
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  it("writes a module that builds what the Dockerfile says, and does not replace one", async () => {
    const args = ["import", "app/Dockerfile", "-o", "images/web.image.ts", "--target", "files"];
    const { exitCode, stderr } = await workspace.run(args);
    expect(stderr).toContain("web.image.ts: files, web");
    expect(exitCode).toBe(0);
    const again = await workspace.run(args);
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining("IMPORT_EXISTS")]);
    const built = await workspace.json<{ images: { name: string }[] }>(["build"]);
    expect(built.images.map(({ name }) => name).sort()).toEqual(["web", "web-files"]);
  });

  it("prints the module, or one document", async () => {
    const printed = await workspace.run(["import", "app/Dockerfile", "--name", "acme/app"]);
    expect(printed.stdout).toContain('export const acmeApp = image("acme/app", { context: "app" })');
    const document = await workspace.json(["import", "app/Dockerfile", "--name", "acme/app"]);
    expect(document).toEqual({
      file: null,
      exports: ["acmeApp"],
      text: printed.stdout,
      config: null,
      problems: [],
    });
    expect(fs.readdirSync(workspace.directory).filter((name) => name.endsWith(".ts"))).toEqual([]);
  });

  it("refuses what it cannot express, or marks it", async () => {
    workspace.write(
      "app/Dockerfile",
      "FROM scratch\nADD https://example.com/x /x\nCOPY a /a\nWORKDIR $HOME\n",
    );
    workspace.write("app/Dockerfile.dockerignore", "*.md\n");
    const refused = await workspace.run(["import", "app/Dockerfile", "-o", "web.image.ts"]);
    expect(refused.exitCode).toBe(2);
    for (const place of ["Dockerfile:2:5", "Dockerfile.dockerignore:1:1"])
      expect(refused.stderr).toContain(place);
    expect(fs.existsSync(workspace.path("web.image.ts"))).toBe(false);
    const partial = await workspace.run(["import", "app/Dockerfile", "--partial"]);
    expect(partial.exitCode).toBe(2);
    expect(partial.stderr).toContain("WORKDIR has an empty argument");
    workspace.write("app/Dockerfile", "FROM scratch\nADD https://example.com/x /x\nCOPY a /a\n");
    const marked = await workspace.run(["import", "app/Dockerfile", "--partial"]);
    expect([marked.exitCode, marked.stdout]).toEqual([
      0,
      expect.stringContaining("// NOT IMPORTED (line 2, column 5)"),
    ]);
    expect(marked.stdout).toContain("// ADD https://example.com/x /x");
  });

  it("says what is wrong with the file itself", async () => {
    expect((await workspace.run(["import", "none"])).stderr).toContain("FILE_UNREADABLE");
    fs.writeFileSync(workspace.path("Dockerfile"), Buffer.from([0x46, 0xff, 0xfe]));
    const { exitCode, stderr } = await workspace.run(["import"]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("not text in UTF-8")]);
  });
});
