import fs from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { addBusybox, busyboxImage, imports } from "../support/busybox.ts";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { startDockerRegistry } from "../support/docker-registry.ts";
import { requires } from "../support/requires.ts";

interface Event {
  readonly type: string;
  readonly vertex?: { readonly name: string };
  readonly outcome?: string;
}

/** Names of the vertices that ran, from the events that `--progress json` tells. */
async function ran(one: CliWorkspace, ...args: readonly string[]): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await one.run(["build", "--progress", "json", ...args]);
  expect(exitCode, stderr).toBe(0);
  const lines = `${stdout}${stderr}`.split("\n").filter((line) => line.startsWith("{"));
  return lines
    .map((line) => JSON.parse(line) as Event)
    .filter(({ type, outcome }) => type === "vertex.done" && outcome === "ran")
    .map(({ vertex }) => vertex?.name ?? "")
    .sort();
}

const fileNames = (number: number): string[] => Array.from({ length: number }, (_, index) => `f${index}.txt`);

describe("a build after a change", () => {
  it.skipIf(!requires("root", "overlayfs", "crun", "busybox-static"))(
    "runs nothing for times, owners and modes that do not count, and for one file of one service only what reads it",
    async () => {
      await using one = new InProcessWorkspace();
      addBusybox(one);
      for (const name of fileNames(5)) {
        for (const service of ["api", "web"]) one.write(`${service}/${name}`, `${service} ${name}\n`);
      }
      one.write("ignored.txt", "1");
      one.write(
        "x.image.ts",
        `${imports}const base = ${busyboxImage}.run("echo base > /base");
export const api = base.copy("api", "/srv/").run("cat /srv/* > /all").run("ls / > /list");
export const web = base.copy("web", "/srv/").run("cat /srv/f1.txt | grep -c f1 > /count").run("cat /count /srv/* > /last");
export const job = base.copy("api/f0.txt", "/job/").run("ls /job > /names");`,
      );
      expect(await ran(one)).toContain("RUN ls / > /list");
      expect(await ran(one)).toEqual([]);
      for (const name of fileNames(5)) {
        fs.utimesSync(one.path("api", name), 1, 1);
        fs.chmodSync(one.path("web", name), 0o600);
        fs.writeFileSync(one.path("web", name), `web ${name}\n`);
      }
      fs.chownSync(one.path("api/f1.txt"), 1234, 1234);
      fs.renameSync(one.path("api/f2.txt"), one.path("api.new"));
      fs.renameSync(one.path("api.new"), one.path("api/f2.txt"));
      one.write("ignored.txt", "2");
      expect(await ran(one)).toEqual([]);

      one.write("web/f4.txt", "changed\n");
      expect(await ran(one)).toEqual(
        [
          "COPY web /srv/",
          "RUN cat /count /srv/* > /last",
          "RUN cat /srv/f1.txt | grep -c f1 > /count",
        ].sort(),
      );
      one.write("api/f0.txt", "changed\n");
      expect(await ran(one)).toEqual(
        [
          "COPY api /srv/",
          "COPY api/f0.txt /job/",
          "RUN cat /srv/* > /all",
          "RUN ls / > /list",
          "RUN ls /job > /names",
        ].sort(),
      );
    },
  );

  it("knows every file and module that comes, goes or turns into another, whatever the time of its directory says", async () => {
    await using one = new InProcessWorkspace();
    const images = async (env?: Readonly<Record<string, string>>) => {
      // Directories that changed just now are read in any case.
      await setTimeout(80);
      const { images } = await one.json<{ images: { name: string; imageId: string }[] }>(["build"], env);
      return images.map(({ name, imageId }) => ({ name, imageId }));
    };
    /** Leaves no trace in the modification times of directories. */
    const unseen = (change: () => void, ...directories: string[]): void => {
      const times = directories.map((directory) => fs.statSync(one.path(directory)));
      change();
      for (const [index, directory] of directories.entries()) {
        const { atime, mtime } = times[index] as fs.Stats;
        fs.utimesSync(one.path(directory), atime, mtime);
      }
    };
    const module = (name: string) =>
      `import { image, scratch } from "tsdock"; export const ${name} = image().from(scratch).copy("src", "/");`;
    one.write("a.image.ts", module("a"));
    for (const name of ["src/f", "src/g", "src/sub/h", "lib/x.txt"]) one.write(name, name);
    const changes: readonly (() => void)[] = [
      () => one.write("src/new", ""),
      () => fs.rmSync(one.path("src/f")),
      () => one.write("src/f/now-a-directory", ""),
      () => fs.renameSync(one.path("src/sub/h"), one.path("src/sub/i")),
      () => fs.symlinkSync("g", one.path("src/link")),
      () => fs.rmSync(one.path("src/sub"), { recursive: true }),
      () => one.write("lib/b.image.ts", module("b")),
      () => fs.renameSync(one.path("lib/b.image.ts"), one.path("lib/c.image.tsx")),
    ];
    const seen = [await images()];
    expect(await images()).toEqual(seen[0]);
    for (const change of changes) {
      unseen(change, "", "src", "lib");
      seen.push(await images());
    }
    expect(seen.map((list) => list.length)).toEqual([1, 1, 1, 1, 1, 1, 1, 2, 1]);
    const first = seen.map((list) => list[0]?.imageId);
    expect(new Set(first.slice(0, 7)).size).toBe(7);
    expect(seen.at(-1)).toEqual(await images({ TSDOCK_HOME: one.path(".other-home") }));
  });

  it.skipIf(!requires("root", "overlayfs", "crun", "busybox-static"))(
    "stops above a step that gave the same bytes again",
    async () => {
      await using one = new InProcessWorkspace();
      addBusybox(one);
      one.write("input.txt", "1 first\n2 second\n");
      one.write(
        "x.image.ts",
        `${imports}const tools = ${busyboxImage};
const made = tools.run("grep -c . /in/input.txt > /made", { mounts: [mount.bind("/in", { source: "." })] });
export const app = made.run("cat /made > /copy").copy("/made", "/copied/", { from: made });
export const other = tools.copy("/made", "/x/", { from: made }).run("ls /x > /y");`,
      );
      fs.writeFileSync(one.path(".dockerignore"), "*\n!input.txt\n!busybox\n");
      await ran(one);
      one.write("input.txt", "1 first\n2 other\n");
      expect(await ran(one)).toEqual(["RUN grep -c . /in/input.txt > /made"]);
      expect(await ran(one)).toEqual([]);
      // What was there before is known.
      one.write("input.txt", "1 first\n2 second\n");
      expect(await ran(one)).toEqual([]);
    },
  );

  it.skipIf(!requires("root", "overlayfs", "crun", "busybox-static", "docker-registry"))(
    "of a base's tag runs only what reads the base, and packs no copy whose parents are the same",
    async () => {
      await using registry = await startDockerRegistry();
      const publishBase = async (more: string): Promise<void> => {
        await using base = new InProcessWorkspace();
        addBusybox(base);
        const module = `${imports}export const base = ${busyboxImage}.directory("/app", { chmod: "750", chown: "7:8" }).symlink("usr/lib", "/lib").file("/usr/lib/a", "a")${more};`;
        base.write("x.image.ts", module);
        await base.json(["publish", "--tag", "1", "--registry", `${registry.host}/acme`]);
      };
      await publishBase("");
      await using one = new InProcessWorkspace();
      addBusybox(one);
      one.write("app/a.js", "1");
      one.write("plugin.so", "1");
      one.write(
        "x.image.ts",
        `${imports}const base = image().from("${registry.host}/acme/base:1");
export const copies = base.copy("app", "/app/").copy("plugin.so", "/lib/deep/").symlink("a.js", "/app/b.js").cmd(["/bin/ls"]);
export const linked = base.copy("app", "/linked/", { link: true });
export const steps = base.copy("app", "/app/").run("ls /usr/lib > /names").copy("plugin.so", "/names.d/");
export const apart = ${busyboxImage}.run("ls /bin > /names");`,
      );
      const first = await one.json<{ images: { name: string; imageId: string }[] }>(["build"]);
      expect(await ran(one)).toEqual([]);

      // Something that no copy looks at: the images are new, and only the step runs.
      await publishBase(`.file("/usr/lib/b", "b").env({ NEW: "1" })`);
      expect(await ran(one)).toEqual([`FROM ${registry.host}/acme/base:1`, "RUN ls /usr/lib > /names"]);
      const second = await one.json<{ images: { name: string; imageId: string }[] }>(["build"]);
      const changed = second.images.filter(({ imageId }, index) => imageId !== first.images[index]?.imageId);
      expect(changed.map(({ name }) => name).sort()).toEqual(["copies", "linked", "steps"]);

      // A parent directory of two copies, and nothing of the others.
      await publishBase(`.file("/usr/lib/b", "b").env({ NEW: "1" }).run("chmod 700 /app")`);
      const third = await ran(one);
      expect(third.filter((name) => name.startsWith("COPY"))).toEqual(["COPY app /app/"]);
      expect(third.filter((name) => name.startsWith("SYMLINK"))).toEqual(["SYMLINK a.js /app/b.js"]);
    },
  );
});
