import fs from "node:fs";
import path from "node:path";
import { build, defineConfig } from "tsdown";
import { takeBuiltins, withoutPrograms } from "./builtin-imports.ts";
import { chunkNamer } from "./chunk-names.ts";
import { keepCode } from "./keep-code.ts";
import { shellBegin } from "./shell-begin.ts";

/** Do something when they are loaded. */
const processes = ["layer-worker.js", "sandbox-child.js", "copier.js", "watch-worker.js", "module-hooks.js"];

/** What programs begin with is CommonJS: Node's loader of ES modules takes longer to start than most commands. */
async function buildBeginnings(): Promise<void> {
  const dist = path.join(import.meta.dirname, "dist");
  const id = keepCode(dist, processes);
  const beginning = {
    format: "cjs",
    platform: "node",
    target: "node20.19",
    clean: false,
    dts: false,
  } as const;
  await build({
    ...beginning,
    config: false,
    logLevel: "warn",
    entry: {
      "code-loader": "core/start/code-loader.ts",
      cli: "core/start/cli.ts",
      "container-supervisor": "core/start/container-supervisor.ts",
    },
    define: { CODE_ID: JSON.stringify(id) },
    plugins: [{ name: "builtins", transform: (code) => takeBuiltins(code) }],
    outputOptions: { chunkFileNames: "[name].cjs", comments: false },
    hash: false,
  });
  const cli = path.join(dist, "cli.cjs");
  fs.writeFileSync(cli, `${shellBegin}${fs.readFileSync(cli, "utf8")}`);
  // For whoever runs it by its name of old.
  fs.writeFileSync(path.join(dist, "cli.js"), `${shellBegin}import "./cli.cjs";\n`);
  for (const name of ["cli.cjs", "cli.js"]) fs.chmodSync(path.join(dist, name), 0o755);
}

/** Every entry shares its chunks with the others, so that there is one instance of each module whoever imports it. */
export default defineConfig({
  entry: {
    main: "core/cli/main.ts",
    // What the program is without its process: many tests run commands in theirs.
    "command-line": "core/cli/run-command-line.ts",
    index: "core/index.ts",
    plugin: "core/plugin/index.ts",
    testing: "core/testing/index.ts",
    "testing/vitest": "core/testing/vitest.ts",
    "plugins/debian": "plugins/debian/index.ts",
    "plugins/node": "plugins/node/index.ts",
    "plugins/bake": "plugins/bake/index.ts",
    "plugins/dockerfile": "plugins/dockerfile/index.ts",
    "layer-worker": "core/oci/layer/layer-worker.ts",
    "sandbox-child": "core/build/native/sandbox-child.ts",
    copier: "core/run/copy/copier.ts",
    supervisor: "core/run/supervise/container-supervisor.ts",
    "watch-worker": "core/toolkit/watch/watch-worker.ts",
    "module-hooks": "core/analyze/module-hooks.ts",
  },
  format: "esm",
  platform: "node",
  target: "node20.19",
  fixedExtension: false,
  // Small, pure and on the way of every command: one file opened instead of twenty. What is native or heavy stays outside, and lazy.
  deps: {
    alwaysBundle: [
      "commander",
      // With all that it may load: it does not load lazily what it needs at every start.
      "cosmiconfig",
      ...["@babel/code-frame", "@babel/helper-validator-identifier", "callsites", "env-paths", "error-ex"],
      ...["import-fresh", "is-arrayish", "js-tokens", "json-parse-even-better-errors", "lines-and-columns"],
      ...["parent-module", "parse-json", "picocolors", "resolve-from"],
      "eventemitter3",
      "p-queue",
      "p-timeout",
      "picomatch",
      /^tar\//,
      "valibot",
    ],
    onlyBundle: false,
  },
  dts: {
    entry: [
      "core/index.ts",
      "core/plugin/index.ts",
      "core/testing/index.ts",
      "core/testing/vitest.ts",
      "plugins/debian/index.ts",
      "plugins/node/index.ts",
      "plugins/bake/index.ts",
      "plugins/dockerfile/index.ts",
    ],
  },
  // A chunk that is made of core/index.ts must not take the name of the entry: its exports have short names.
  outputOptions: {
    chunkFileNames: "shared-[name].js",
    codeSplitting: {
      groups: [{ name: chunkNamer(import.meta.dirname) }],
      includeDependenciesRecursively: false,
    },
    // The compiler reads them at every start. The declarations of types keep theirs.
    comments: { legal: true, annotation: true, jsdoc: false },
  },
  plugins: [
    {
      name: "builtins",
      transform: {
        filter: { id: /\/commander\/lib\/command\.js$/ },
        handler: (code) => withoutPrograms(code),
      },
      renderChunk: (code, { fileName }) => (fileName.endsWith(".js") ? takeBuiltins(code) : null),
    },
  ],
  hooks: { "build:done": buildBeginnings },
  clean: true,
  sourcemap: false,
  hash: false,
});
