import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CliWorkspace, finished } from "../support/cli.ts";
import { lingeringWith, processesWith } from "../support/processes.ts";
import { requires } from "../support/requires.ts";
import { Watching } from "../support/watching.ts";

const declaration = `import { image, scratch } from "tsdock";\nexport const web = image().from(scratch).copy("src", "/").cmd(["/x"]);\n`;

function workspace(): CliWorkspace {
  const one = new CliWorkspace();
  one.write(".dockerignore", ".home\n");
  one.write("src/a.txt", "0");
  one.write("web.image.ts", declaration);
  return one;
}

/** Bytes of memory that a process has for itself and shares. */
function residentBytes(pid: number): number {
  const pages = Number(fs.readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return pages * 4096;
}

describe("tsdock watch", () => {
  it("goes on after modules that hang, end the process, are killed or fail later", async () => {
    await using one = workspace();
    await using watching = new Watching(one);
    expect((await watching.settled()).outcome).toBe("built");

    one.write("web.image.ts", `${declaration}for (;;);\n`);
    await watching.next("watch.start");
    await sleep(500);
    one.write("web.image.ts", declaration);
    expect((await watching.settled()).outcome).toBe("built");

    const endings: readonly (readonly [string, RegExp])[] = [
      ["process.exit(0);", /error MODULE_EXITED /],
      ['process.kill(process.pid, "SIGKILL");', /error WATCH_WORKER_ENDED .*SIGKILL/],
      [
        'setTimeout(() => { throw new Error("late"); });\nawait new Promise((resolve) => setTimeout(resolve, 10_000));',
        /error MODULE_THREW code of the module failed after it was loaded: late\n {2}at .*web\.image\.ts:4:\d+/,
      ],
    ];
    for (const [code, message] of endings) {
      watching.forget();
      one.write("web.image.ts", `${declaration}\n${code}\n`);
      expect((await watching.settled()).outcome, code).toBe("failed");
      expect(watching.lines.join("\n")).toMatch(message);
    }
    // What goes on for ever keeps no worker.
    one.write("web.image.ts", `${declaration}setInterval(() => 0, 1000);\n`);
    expect((await watching.settled()).outcome).toBe("built");
    expect(workersOf(one)).toHaveLength(1);
  });

  it("keeps its memory and its processes over 100 rounds, and begins soon after a save", async () => {
    await using one = workspace();
    await using watching = new Watching(one);
    await watching.settled();
    const pid = watching.child.pid ?? 0;
    const sizes: number[] = [];
    const waits: number[] = [];
    for (let round = 1; round <= 100; round++) {
      const saved = performance.now();
      one.write("src/a.txt", String(round));
      await watching.next("watch.start");
      waits.push(performance.now() - saved);
      await watching.next("watch.done", ({ outcome }) => outcome !== "aborted");
      sizes.push(residentBytes(pid));
      watching.forget();
    }
    await watching.isQuiet(300);
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(sizes.slice(-10)) - mean(sizes.slice(20, 30))).toBeLessThan(20 << 20);
    expect(workersOf(one).length).toBeLessThanOrEqual(1);
    waits.sort((a, b) => a - b);
    process.stderr.write(`watch: ${waits[50]?.toFixed(0) ?? ""} ms from save to start of work\n`);
    // On a calm machine it is a third of it.
    expect(waits[50]).toBeLessThan(100);
  }, 400_000);

  it("finishes builds while something in a context never stops changing", async () => {
    await using one = workspace();
    await using watching = new Watching(one);
    await watching.settled();
    let count = 0;
    const writer = setInterval(() => one.write(`src/log${count++ % 50}`, String(count)), 50);
    try {
      await watching.next("watch.done", ({ outcome }) => outcome === "aborted");
      await watching.next("watch.done", ({ outcome }) => outcome !== "aborted");
    } finally {
      clearInterval(writer);
    }
    expect((await watching.settled()).outcome).toBe("built");
  });

  it("looks for changes itself where it is told to", async () => {
    await using one = workspace();
    await using watching = new Watching(one, ["--poll", "50"]);
    const first = await watching.settled();
    one.write("src/a.txt", "1");
    const second = await watching.settled();
    expect([second.outcome, second.files]).toEqual(["built", [one.path("src/a.txt")]]);
    expect(second.imageIds).not.toEqual(first.imageIds);
    fs.renameSync(one.path("src"), one.path("source"));
    expect((await watching.settled()).outcome).toBe("failed");
    one.write("web.image.ts", declaration.replace('"src"', '"source"'));
    expect((await watching.settled()).outcome).toBe("built");
  });

  it("leaves nothing when it is killed, while a module hangs too", async () => {
    await using one = workspace();
    const watching = new Watching(one);
    await watching.settled();
    one.write("web.image.ts", `${declaration}for (;;);\n`);
    await watching.next("watch.start");
    await sleep(300);
    watching.child.kill("SIGKILL");
    await watching.exit;
    expect(await lingeringWith(one.home)).toEqual([]);
  });

  it.skipIf(!requires("root"))("says what to do where the system watches no more", async () => {
    await using one = workspace();
    for (let index = 0; index < 20; index++) one.write(`src/d${index}/x`, "x");
    const cli = path.resolve(import.meta.dirname, "../../dist/cli.cjs");
    const script = 'echo 10 > /proc/sys/user/max_inotify_watches && exec "$@"';
    const limited = spawn(
      "unshare",
      ["--user", "--map-root-user", "sh", "-c", script, "sh", process.execPath, cli, "watch"],
      {
        cwd: one.directory,
        env: { ...process.env, TSDOCK_HOME: one.home, NO_COLOR: "1" },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const { exitCode, stderr } = await finished(limited);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/error WATCH_LIMIT .*\n {2}hint .*max_user_watches.*--poll/),
    ]);
  });
});

const workersOf = ({ home }: CliWorkspace): readonly string[] =>
  processesWith(home).filter((line) => line.includes("watch-worker"));
