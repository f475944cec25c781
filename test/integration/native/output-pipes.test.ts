import { spawn } from "node:child_process";
import fs from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startPiped } from "../../../core/build/native/output-pipes.ts";
import { exitOf } from "../../../core/build/native/start-sandbox.ts";
import { temporaryDirectory } from "./support.ts";

let directory: string;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const openFiles = (): readonly string[] =>
  fs.readdirSync("/proc/self/fd").flatMap((name) => {
    const file = `/proc/self/fd/${name}`;
    return fs.existsSync(file) ? [fs.readlinkSync(file)] : [];
  });

it("a child has pipes that it can open again, and all that it wrote is taken", async () => {
  let log = "";
  const { child, end } = await startPiped(
    { output: (_stream, chunk) => void (log += Buffer.from(chunk).toString()), directory, mkfifo: "mkfifo" },
    (streams) => spawn("sh", ["-c", "echo out >/dev/stdout"], { stdio: ["ignore", ...streams] }),
  );
  expect(await exitOf(child)).toBe(0);
  await end();
  expect(log).toBe("out\n");
});

it("a child that could not be started leaves nothing open", async () => {
  const refused = startPiped({ output: () => undefined, directory, mkfifo: "mkfifo" }, () => {
    throw new Error("refused");
  });
  await expect(refused).rejects.toThrow("refused");
  await expect.poll(() => openFiles().filter((file) => file.startsWith(directory))).toEqual([]);
});
