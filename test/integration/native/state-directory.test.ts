import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { StateDirectory } from "../../../core/build/native/state-directory.ts";
import { uniqueOwner } from "../../../core/oci/store/process-owner.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

it("what killed processes left is removed by several at once without a word", async () => {
  await using tmp = temporaryDirectory();
  // No process has this number.
  const dead = (): string => uniqueOwner().replace(/^\d+/, "4194304");
  for (let left = 0; left < 30; left++)
    fs.mkdirSync(path.join(tmp.path, dead(), "step", "work"), { recursive: true });
  const warnings: string[] = [];
  const states = [1, 2, 3].map(() => new StateDirectory(tmp.path, (message) => warnings.push(message)));
  await Promise.all(states.map((state, number) => state.step(`step${number}`)));
  expect(warnings).toEqual([]);
  expect(fs.readdirSync(tmp.path)).toHaveLength(states.length);
  for (const state of states) await state[Symbol.asyncDispose]();
  expect(fs.readdirSync(tmp.path)).toEqual([]);
});
