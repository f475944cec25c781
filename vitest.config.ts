import path from "node:path";
import { defineConfig } from "vitest/config";
import { nodeFlags } from "./core/util/node-flags.ts";
import { LongFirst } from "./test/long-first.ts";

const root = import.meta.dirname;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^tsdock$/, replacement: path.join(root, "core/index.ts") },
      { find: /^tsdock\/plugin$/, replacement: path.join(root, "core/plugin/index.ts") },
      { find: /^tsdock\/testing$/, replacement: path.join(root, "core/testing/index.ts") },
      { find: /^tsdock\/testing\/vitest$/, replacement: path.join(root, "core/testing/vitest.ts") },
      { find: /^tsdock\/plugins\/debian$/, replacement: path.join(root, "plugins/debian/index.ts") },
      { find: /^tsdock\/plugins\/node$/, replacement: path.join(root, "plugins/node/index.ts") },
      { find: /^tsdock\/plugins\/bake$/, replacement: path.join(root, "plugins/bake/index.ts") },
      { find: /^tsdock\/plugins\/dockerfile$/, replacement: path.join(root, "plugins/dockerfile/index.ts") },
    ],
  },
  test: {
    projects: [
      // Nothing of theirs outlives a test: a process runs one after the other, and loads our modules once.
      { extends: true, test: { name: "unit", include: ["test/unit/**/*.test.ts"], isolate: false } },
      { extends: true, test: { name: "whole", include: ["test/{docs,e2e,integration}/**/*.test.ts"] } },
    ],
    setupFiles: ["test/setup.ts"],
    pool: "forks",
    execArgv: [...nodeFlags],
    // One more than the two processors that it is to be quick on: files wait for processes, disks and servers.
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    sequence: { shuffle: true, sequencer: LongFirst },
    coverage: { provider: "v8", include: ["core/**", "plugins/**"] },
  },
});
