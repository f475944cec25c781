import fs from "node:fs";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addBusybox, busyboxImage, imports } from "../support/busybox.ts";
import { buildBox } from "../support/box-image.ts";
import { CliWorkspace } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { otherUser } from "../support/other-user.ts";
import { lingeringWith } from "../support/processes.ts";
import { requires } from "../support/requires.ts";
import { Watching } from "../support/watching.ts";

/** What a server answers, once there is one. */
async function answer(port: number, path: string): Promise<string> {
  const end = Date.now() + 20_000;
  for (;;) {
    try {
      return await get(port, path);
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(50);
    }
  }
}

function get(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port, path, agent: false, timeout: 2000 }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    });
    request.on("error", reject);
    request.on("timeout", () => request.destroy(new Error("no answer")));
  });
}

const filesOf = (directory: string): readonly string[] =>
  fs.existsSync(directory) ? fs.readdirSync(directory) : [];

async function expectNothingLeft(one: CliWorkspace): Promise<void> {
  expect(await lingeringWith(one.home)).toEqual([]);
  for (const name of ["containers", "container-names", "leases", "locks", "tmp", "sandbox"])
    expect(filesOf(`${one.home}/${name}`), name).toEqual([]);
}

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static", "nft", "ip"))("watch --run", () => {
  let one: CliWorkspace;
  beforeAll(async () => {
    one = new CliWorkspace();
    await buildBox(one);
    one.write("site/index.html", "one");
    one.write(".dockerignore", ".home\n");
    one.write(
      "web.image.ts",
      `import { box } from "./box.image.ts";
const serve = "trap 'echo stopping; exit 0' TERM; echo serving $GREETING; httpd -f -p 80 -h /site & wait $!";
export const web = box.copy("site", "/site/").cmd(["sh", "-c", serve]);
export const once = box.copy("site", "/site/").cmd(["sh", "-c", "cat /site/index.html; exit 3"]);
`,
    );
  });
  afterAll(() => one[Symbol.asyncDispose]());

  it("serves, starts anew when the image is another and only then, and leaves nothing", async () => {
    const port = await freePort();
    await using watching = new Watching(one, [
      "web",
      "--run",
      "-p",
      `${port}:80`,
      "-e",
      "GREETING=ahoy",
      "--name",
      "dev",
    ]);
    const started = await watching.next("watch.container");
    expect(started).toMatchObject({ name: "dev", image: "web", state: "started" });
    expect(await answer(port, "/index.html")).toBe("one");

    one.write("site/index.html", "two");
    await watching.next("watch.container", ({ state }) => state === "stopped");
    const second = await watching.next("watch.container", ({ state }) => state === "started");
    expect(second.imageId).not.toBe(started.imageId);
    expect(await answer(port, "/index.html")).toBe("two");
    expect((await one.run(["ps", "--format", "{{.Names}} {{.Image}}"])).stdout).toBe("dev web\n");

    // A change that leaves the image as it is, and one that breaks the module.
    one.write("web.image.ts", `// a comment\n${fs.readFileSync(one.path("web.image.ts"), "utf8")}`);
    expect((await watching.settled()).outcome).toBe("built");
    const good = fs.readFileSync(one.path("web.image.ts"), "utf8");
    one.write("web.image.ts", "export const web = ;\n");
    expect((await watching.settled()).outcome).toBe("failed");
    one.write("web.image.ts", good);
    expect((await watching.settled()).outcome).toBe("built");
    expect(await answer(port, "/index.html")).toBe("two");
    expect(watching.events.filter(({ type }) => type === "watch.container")).toHaveLength(3);

    expect(await watching.interrupt()).toBe(130);
    expect(watching.stdout).toBe("serving ahoy\nstopping\nserving ahoy\nstopping\n");
    await expectNothingLeft(one);
  });

  it("says that a container ended, and starts it again after the next change", async () => {
    await using watching = new Watching(one, ["once", "--run"]);
    const name = (await watching.next("watch.container")).name;
    expect(name).toMatch(/^once-[0-9a-f]{4}$/);
    expect(await watching.next("watch.container")).toMatchObject({ name, state: "exited", exitCode: 3 });
    // Same image, same name.
    one.write("once.txt", "x");
    expect(await watching.next("watch.container")).toMatchObject({ name, state: "started" });
    expect(await watching.next("watch.container")).toMatchObject({ name, state: "exited", exitCode: 3 });
    expect(await watching.interrupt("SIGTERM")).toBe(130);
    await expectNothingLeft(one);
  });

  it("gives the container what stands behind --, nothing to read and no terminal; -t is a name of the image", async () => {
    const shown = "test -t 0 || test -t 1 || echo no terminal $0 $1; cat | wc -c";
    const words = ["--", "sh", "-c", shown, "--run", "-t"];
    await using watching = new Watching(one, ["once", "--run", "-t", "dev:1", ...words]);
    const ended = await watching.next("watch.container", ({ state }) => state === "exited");
    expect(ended.exitCode).toBe(0);
    expect(await watching.interrupt()).toBe(130);
    expect(watching.stdout).toBe("no terminal --run -t\n0\n");
    expect((await one.run(["image", "inspect", "dev:1", "--format", "{{.Os}}"])).stdout).toBe("linux\n");
    await expectNothingLeft(one);
  });

  it("says why a container does not begin and goes on", async () => {
    await using watching = new Watching(one, ["once", "--run", "--entrypoint", "/nothing"]);
    await watching.settled();
    while (!watching.lines.some((line) => line.includes("CONTAINER_COMMAND_MISSING"))) await sleep(20);
    one.write("once.txt", "y");
    expect((await watching.settled()).outcome).toBe("built");
    expect(await watching.interrupt()).toBe(130);
    await expectNothingLeft(one);
  });

  it("refuses several images, and options of a container without one", async () => {
    const results = await Promise.all([
      one.run(["watch", "--run"]),
      one.run(["watch", "web", "-p", "1:1"]),
      one.run(["watch", "web", "--no-healthcheck"]),
      one.run(["watch", "web", "--", "ls", "-l"]),
      one.run(["watch", "web", "--run", "-it"]),
      one.run(["watch", "wbe"]),
      one.run(["watch", "web", "-o", "."]),
      one.run(["watch", "web", "-o", "type=oci,dest=-,tar=true"]),
      one.run(["watch", "web", "--poll", "soon"]),
    ]);
    expect(results.map(({ exitCode, stderr }) => [exitCode, stderr.split("\n")[0]])).toEqual([
      [2, expect.stringMatching(/^error USAGE --run runs one image, and 3 are selected$/)],
      [2, expect.stringMatching(/^error USAGE -p, --publish describes a container/)],
      [2, expect.stringMatching(/^error USAGE --no-healthcheck describes a container/)],
      [2, expect.stringMatching(/^error USAGE -- ls -l describes a container, and none is run$/)],
      [2, expect.stringMatching(/^error USAGE unknown option '-it'$/)],
      [2, expect.stringMatching(/^error NAME_UNKNOWN /)],
      [2, expect.stringMatching(/^error USAGE --output writes to .*, which holds what is watched$/)],
      [2, expect.stringMatching(/^error USAGE --output type=oci,dest=-,tar=true: each round would write/)],
      [2, expect.stringMatching(/^error USAGE --poll soon is no whole number from 20$/)],
    ]);
    await expectNothingLeft(one);
  });
});

describe.skipIf(!requires("root", "overlayfs", "crun", "busybox-static"))("watch and steps that run", () => {
  it("gives up a build when something changes, and leaves nothing of it nor after Ctrl-C", async () => {
    await using one = new CliWorkspace();
    addBusybox(one);
    one.write(".dockerignore", ".home\n");
    one.write("speed.txt", "slow");
    one.write(
      "app.image.ts",
      `${imports}export const app = ${busyboxImage}.copy("speed.txt", "/").run("trap '' TERM INT; grep -q fast /speed.txt || (echo begun; sleep 1000)");\n`,
    );
    await using watching = new Watching(one);
    const begun = (): Promise<unknown> => watching.next("vertex.log", ({ text }) => text.includes("begun"));
    await begun();
    one.write("speed.txt", "slower");
    expect(await watching.next("watch.done")).toMatchObject({ round: 1, outcome: "aborted" });
    await begun();
    one.write("speed.txt", "fast");
    const { outcome, imageIds } = await watching.round();
    expect([outcome, Object.keys(imageIds)]).toEqual(["built", ["app"]]);
    one.write("speed.txt", "slow");
    await begun();
    expect(await watching.interrupt()).toBe(130);
    await expectNothingLeft(one);
    expect((await one.run(["doctor"])).exitCode).toBe(0);
  });
});

describe.skipIf(!requires("root", "crun", "busybox-static", "unprivileged-users", "overlayfs"))(
  "watch --run of an ordinary user",
  () => {
    it("starts anew when the image is another, and leaves nothing", async () => {
      using user = otherUser();
      await using one = new CliWorkspace(undefined, user);
      await buildBox(one);
      one.write(".dockerignore", ".home\n");
      one.write("greeting", "one");
      one.write(
        "web.image.ts",
        `import { box } from "./box.image.ts";
export const web = box.copy("greeting", "/").cmd(["sh", "-c", "trap 'exit 0' TERM; cat /greeting; while true; do sleep 0.1; done"]);
`,
      );
      await using watching = new Watching(one, ["web", "--run", "--network", "host"]);
      await watching.next("watch.container", ({ state }) => state === "started");
      one.write("greeting", "two");
      await watching.next("watch.container", ({ state }) => state === "stopped");
      await watching.next("watch.container", ({ state }) => state === "started");
      const end = Date.now() + 10_000;
      while (watching.stdout !== "onetwo" && Date.now() < end) await sleep(20);
      expect(await watching.interrupt()).toBe(130);
      expect(watching.stdout).toBe("onetwo");
      await expectNothingLeft(one);
    });
  },
);
