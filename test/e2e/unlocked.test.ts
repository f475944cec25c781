import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { imports } from "../support/busybox.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { startDockerRegistry } from "../support/docker-registry.ts";
import { requires } from "../support/requires.ts";

/** A registry that has nothing, and counts who asks. */
async function emptyRegistry(): Promise<{ host: string; asked: string[] } & AsyncDisposable> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(request.url === "/v2/" ? 200 : 404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

describe("a base that no registry has", () => {
  it("fails the image that begins with it, at its place, and no other", async () => {
    await using registry = await emptyRegistry();
    await using one = new InProcessWorkspace();
    one.write(
      "a.image.ts",
      `${imports}export const lost = image().from("${registry.host}/none:1").file("/a", "b");
export const good = image().from(scratch).file("/a", "b");
export const next = good.file("/c", "d");\n`,
    );
    const good = await one.run(["build", "good", "next"]);
    expect([good.exitCode, registry.asked]).toEqual([0, []]);
    const all = await one.run(["build", "--keep-going", "--no-cache", "-j", "1"]);
    expect(all.exitCode).toBe(1);
    expect(all.stderr).toMatch(/^error REGISTRY_NOT_FOUND .*\n {2}at .*a\.image\.ts:2:29$/m);
    expect(all.stderr).toContain("built good");
    expect(all.stderr).not.toContain("tsdock.lock");
    const lines = all.stderr.split("\n").filter((line) => line.startsWith("#"));
    // What it is and what became of it: of each vertex one line, also of what could not begin.
    const titles = lines.filter((line) => !/ (?:DONE|FAILED) [\d.]+s$/.test(line));
    expect(titles.map((line) => line.replace(/^#\d+ /, "")).sort()).toEqual(
      [`[lost] FROM ${registry.host}/none:1`, "[good +1] FILE /a", "[next] FILE /c"].sort(),
    );
    expect(lines.length).toBe(2 * titles.length);
    expect(new Set(registry.asked).size).toBe(registry.asked.length);
  });
});

describe("what no lock pins", () => {
  it.skipIf(!requires("docker-registry"))("is told once in a run, until it is locked", async () => {
    await using registry = await startDockerRegistry();
    await using base = new InProcessWorkspace();
    base.write("a.image.ts", `${imports}export const base = image().from(scratch).file("/a", "b");`);
    await base.json(["publish", "--tag", "1", "--registry", registry.host]);
    await using one = new InProcessWorkspace();
    const reference = `${registry.host}/base:1`;
    one.write(
      "a.image.ts",
      `${imports}export const a = image().from("${reference}").file("/c", "d");
export const b = image().from("${reference}").file("/e", "f");\n`,
    );
    const notice = `${reference} is not in tsdock.lock and was looked up: tsdock lock pins it\n`;
    const first = await one.run(["build", "--json"]);
    expect([first.exitCode, first.stderr.split(notice).length - 1]).toEqual([0, 1]);
    expect(() => JSON.parse(first.stdout) as unknown).not.toThrow();
    expect((await one.run(["build"])).stderr).toContain(notice);
    expect((await one.run(["lock"])).exitCode).toBe(0);
    expect((await one.run(["build"])).stderr).not.toContain("tsdock.lock");
  });
});
