import fs from "node:fs";
import path from "node:path";
import { defineConfig } from "tsdown";
import { takeBuiltins, withoutPrograms } from "./builtin-imports.ts";
import { chunkNamer } from "./chunk-names.ts";
import { nodeFlags } from "./core/util/node-flags.ts";

/**
 * Node reads `--env-file` wherever it stands on the command line, unless a `--` comes before: it is an option of ours, and
 * what is in such a file is not meant for Node. It is also where Node gets its flags. `env -S` is not everywhere; a shell and JavaScript read these lines each their way.
 */
function beginByShell(): void {
  const file = path.join(import.meta.dirname, "dist", "cli.js");
  const text = fs.readFileSync(file, "utf8");
  const [own = "", shell] = [
    "#!/usr/bin/env node\n",
    `#!/usr/bin/env sh\n":" //; exec node ${nodeFlags.join(" ")} -- "$0" "$@"\n`,
  ];
  if (!text.startsWith(own)) throw new Error(`${file} does not begin with ${own}`);
  fs.writeFileSync(file, `${shell}${text.slice(own.length)}`);
}

/** Every entry shares its chunks with the others, so that there is one instance of each module whoever imports it. */
export default defineConfig({
  entry: {
    cli: "core/cli/main.ts",
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
    "container-supervisor": "core/run/supervise/container-supervisor.ts",
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
  hooks: { "build:done": beginByShell },
  clean: true,
  sourcemap: false,
  hash: false,
});
