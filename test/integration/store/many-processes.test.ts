import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Store } from "../../../core/oci/store/store.ts";
import { bundleScript } from "../../support/bundle-script.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const scripts = temporaryDirectory();
let script: string;

beforeAll(async () => {
  script = await bundleScript(path.join(import.meta.dirname, "store-child.ts"), scripts.path);
});
afterAll(() => scripts[Symbol.asyncDispose]());

/** Ends with what the child said on stderr where it failed. */
function start(store: string, seed: number, rounds: number) {
  const child = spawn(process.execPath, [script, store, String(seed), String(rounds)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ready = new Promise((resolve) => child.stdout.once("data", resolve));
  const ended = new Promise<string>((resolve) => {
    child.once("close", (code, signal) =>
      resolve(code === 0 || signal === "SIGKILL" ? "" : `exit ${code}: ${stderr}`),
    );
  });
  return { child, ready, ended };
}

describe("a store used by many processes", () => {
  it("stays sound while four put, name, unpack and prune at once", async () => {
    await using tmp = temporaryDirectory();
    const children = [100, 200, 300, 400].map((seed) => start(tmp.path, seed, 40));
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual(["", "", "", ""]);
    await using store = await Store.open(tmp.path);
    expect(await store.verify()).toEqual([]);
    const names = store.images.list().flatMap((image) => image.name ?? []);
    expect(names).toEqual(
      expect.arrayContaining(["own-100:latest", "own-400:latest", "shared:0", "shared:4"]),
    );
    expect(fs.readdirSync(path.join(tmp.path, "locks"))).toEqual([]);
    expect(fs.readdirSync(path.join(tmp.path, "leases"))).toEqual([]);
    expect(fs.readdirSync(path.join(tmp.path, "tmp"))).toEqual([]);
  });

  it("stays sound when processes are killed at any moment, sixty times", async () => {
    await using tmp = temporaryDirectory();
    for (let kill = 0; kill < 30; kill++) {
      const pair = [start(tmp.path, kill * 3, 0), start(tmp.path, kill * 5 + 1, 0)];
      await Promise.all(pair.map(({ ready, ended }) => Promise.race([ready, ended])));
      for (const { child } of pair) {
        await delay(Math.random() * 25);
        child.kill("SIGKILL");
      }
      expect(await Promise.all(pair.map(({ ended }) => ended))).toEqual(["", ""]);
    }
    // What is left over is litter only, and the next to open the store sweeps most of it.
    await using store = await Store.open(tmp.path);
    const problems = await store.verify({ repair: true });
    expect(problems.filter(({ kind }) => kind !== "leftover" && kind !== "snapshot-unrecorded")).toEqual([]);
    expect(await store.verify()).toEqual([]);
    const last = start(tmp.path, 7, 20);
    expect(await last.ended).toBe("");
    expect(await store.verify()).toEqual([]);
  });
});
