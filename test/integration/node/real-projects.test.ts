import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json } from "../../../core/util/json.ts";
import { factsLockKey, resolveFacts } from "../../../plugins/node/install/resolve-facts.ts";
import { moduleLayers, planModules } from "../../../plugins/node/layers/module-layers.ts";
import { specsOf } from "../../../plugins/node/options.ts";
import { fileSet, installedPackages, moduleSet } from "../../support/installed-packages.ts";
import { type PackageManager, runPackageManager } from "../../support/package-managers.ts";
import { requires } from "../../support/requires.ts";
import { sourceContext } from "../../support/source-context.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

type Cpu = "x64" | "arm64";
const architectures = { x64: "amd64", arm64: "arm64" } as const;

const patch = `diff --git a/index.js b/index.js
--- a/index.js
+++ b/index.js
@@ -9,6 +9,7 @@
 
 const isNumber = require('is-number');
 
+// patched
 module.exports = function isOdd(value) {
   const n = Math.abs(value);
   if (!isNumber(n)) {
`;

/** Native optional packages, an alias, a scope, a version conflict between two packages of the workspace, development tools. */
const workspace = (local: string, more: object = {}): Record<string, string> => ({
  "packages/lib/package.json": JSON.stringify({
    name: "@acme/lib",
    version: "1.0.0",
    main: "index.js",
    bin: { "acme-lib": "bin.js" },
    dependencies: { ms: "^2.0.0", "is-odd": "3.0.1", picocolors: "1.0.0" },
  }),
  "packages/lib/index.js": 'module.exports = require("is-odd");\n',
  "packages/lib/bin.js": "#!/usr/bin/env node\n",
  "packages/api/package.json": JSON.stringify({
    name: "@acme/api",
    version: "1.0.0",
    dependencies: {
      "@acme/lib": local,
      esbuild: "0.25.0",
      picocolors: "1.1.1",
      react: "18.3.1",
      "react-dom": "18.3.1",
      debug2: "npm:debug@4.3.4",
      ...more,
    },
    devDependencies: { picomatch: "4.0.2" },
    optionalDependencies: { fsevents: "2.3.3" },
  }),
  "packages/api/server.js": 'console.log(require("@acme/lib")(3));\n',
});

const root = (more: object = {}) =>
  JSON.stringify({
    name: "root",
    private: true,
    workspaces: ["packages/*"],
    devDependencies: { semver: "7.6.3" },
    ...more,
  });

interface Project {
  readonly manager: PackageManager;
  readonly files: Readonly<Record<string, string>>;
  readonly lock: readonly string[];
  /** Installs what one package needs in production for an architecture. */
  readonly install: (directory: string, cpu: Cpu) => void;
  /** Files that are changed on purpose. */
  readonly patched?: boolean;
  /** Some of what has to be there. */
  readonly has?: (cpu: Cpu) => readonly string[];
  /** How many packages there have to be. */
  readonly atLeast?: number;
}

const pnpmPatch = {
  patchedDependencies: { "is-odd@3.0.1": "patches/is-odd.patch" },
  overrides: { ms: "2.1.2" },
};

function installWithPnpm(manager: PackageManager) {
  return (directory: string, cpu: Cpu): void => {
    const file = path.join(directory, "package.json");
    const manifest = JSON.parse(fs.readFileSync(file, "utf8")) as { pnpm: object };
    const supportedArchitectures = { os: ["linux"], cpu: [cpu], libc: ["glibc"] };
    fs.writeFileSync(
      file,
      JSON.stringify({ ...manifest, pnpm: { ...manifest.pnpm, supportedArchitectures } }),
    );
    runPackageManager(
      manager,
      ["install", "--prod", "--frozen-lockfile", "--ignore-scripts", "--filter", "@acme/api..."],
      directory,
      // One for both architectures and all versions: each has its directory in there.
      { env: { npm_config_store_dir: path.join(path.dirname(directory), "pnpm-store") } },
    );
  };
}

const catalogs =
  "packages:\n  - packages/*\ncatalog:\n  picocolors: 1.1.1\ncatalogs:\n  old:\n    picocolors: 1.0.0\n";

/** More than two hundred packages in few files. */
const many = { eslint: "8.57.1", express: "4.21.2", mocha: "10.8.2" };
/** Packages of which there is one for each C library. */
const native = { "@swc/core": "1.11.21", lightningcss: "1.29.1" };

const hasNative = (cpu: Cpu): readonly string[] => [
  `@swc/core-linux-${cpu}-gnu@1.11.21`,
  `lightningcss-linux-${cpu}-gnu@1.29.1`,
];

function withPnpm(manager: PackageManager, hasCatalogs: boolean, more: object = {}): Project {
  const files = workspace("workspace:*", more);
  const api = files["packages/api/package.json"] ?? "";
  const lib = files["packages/lib/package.json"] ?? "";
  return {
    manager,
    files: {
      ...files,
      ...(hasCatalogs
        ? {
            "packages/api/package.json": api.replace('"picocolors":"1.1.1"', '"picocolors":"catalog:"'),
            "packages/lib/package.json": lib.replace('"picocolors":"1.0.0"', '"picocolors":"catalog:old"'),
          }
        : {}),
      "package.json": root({ pnpm: pnpmPatch }),
      "pnpm-workspace.yaml": hasCatalogs ? catalogs : "packages:\n  - packages/*\n",
      "patches/is-odd.patch": patch,
    },
    lock: ["install", "--lockfile-only", "--ignore-scripts"],
    install: installWithPnpm(manager),
    patched: true,
  };
}

const installWithNpm = (directory: string, cpu: Cpu) =>
  runPackageManager(
    "npm",
    ["ci", "--omit=dev", "--workspace=packages/api", "--os=linux", `--cpu=${cpu}`, "--libc=glibc"],
    directory,
  );

const projects: Readonly<Record<string, Project>> = {
  "npm's lockfile of version 3 with overrides, packages for many platforms, and more than 200 packages": {
    manager: "npm",
    files: {
      ...workspace("*"),
      "packages/api/package.json": JSON.stringify({
        name: "@acme/api",
        version: "1.0.0",
        dependencies: {
          "@acme/lib": "*",
          debug: "4.3.4",
          esbuild: "0.25.0",
          ...many,
          lightningcss: "1.29.1",
          picocolors: "1.1.1",
          sharp: "0.33.5",
        },
        devDependencies: { picomatch: "4.0.2" },
      }),
      "package.json": root({ overrides: { ms: "2.1.1" } }),
    },
    lock: ["install", "--package-lock-only"],
    install: installWithNpm,
    has: (cpu) => [`@img/sharp-linux-${cpu}@0.33.5`, `lightningcss-linux-${cpu}-gnu@1.29.1`, "ms@2.1.1"],
    atLeast: 200,
  },
  "the lockfile of pnpm 8 (6.0)": withPnpm("pnpm8", false),
  "the lockfile of pnpm 9 (9.0)": withPnpm("pnpm9", true),
  "the lockfile of pnpm 10 (9.0), with more than 200 packages and native ones for each C library": {
    ...withPnpm("pnpm10", true, { ...many, ...native }),
    has: hasNative,
    atLeast: 200,
  },
  "the lockfile of yarn 1": {
    manager: "yarn1",
    // yarn 1 installs whole workspaces only
    files: {
      "package.json": JSON.stringify({
        name: "api",
        version: "1.0.0",
        dependencies: {
          esbuild: "0.25.0",
          picocolors: "1.1.1",
          react: "18.3.1",
          "react-dom": "18.3.1",
          debug2: "npm:debug@4.3.4",
        },
        devDependencies: { picomatch: "4.0.2" },
        optionalDependencies: { fsevents: "2.3.3" },
        resolutions: { ms: "2.1.2" },
      }),
      "packages/api/server.js": "",
    },
    lock: ["install", "--ignore-scripts", "--non-interactive"],
    install: (directory, cpu) =>
      runPackageManager(
        "yarn1",
        ["install", "--production", "--frozen-lockfile", "--ignore-scripts", "--non-interactive"],
        directory,
        { cpu },
      ),
  },
  "the lockfile of yarn 4, with more than 200 packages and native ones for each C library": {
    manager: "yarn4",
    files: {
      ...workspace("workspace:*", { ...many, ...native }),
      "package.json": root({
        resolutions: { ms: "2.1.2", "is-odd@npm:3.0.1": "patch:is-odd@npm%3A3.0.1#~/patches/is-odd.patch" },
      }),
      "patches/is-odd.patch": patch,
      ".yarnrc.yml": "nodeLinker: node-modules\nenableGlobalCache: true\n",
    },
    lock: ["install", "--mode=update-lockfile"],
    install(directory, cpu) {
      fs.appendFileSync(
        path.join(directory, ".yarnrc.yml"),
        `enableScripts: false\nsupportedArchitectures:\n  os: [linux]\n  cpu: [${cpu}]\n  libc: [glibc]\n`,
      );
      runPackageManager("yarn4", ["workspaces", "focus", "--production", "@acme/api"], directory);
    },
    patched: true,
    has: hasNative,
    atLeast: 200,
  },
};

describe.skipIf(!requires("npm-registry"))("an installation is what the package manager's own is", () => {
  let tmp: ReturnType<typeof temporaryDirectory>;
  beforeAll(() => {
    tmp = temporaryDirectory();
  });
  afterAll(() => tmp[Symbol.asyncDispose]());

  const written = new Map<Project, string>();

  /** A directory of its own with the project and its lockfile, which is made once. */
  function write(project: Project): string {
    const first = written.get(project) ?? lock(project);
    written.set(project, first);
    const directory = fs.mkdtempSync(path.join(tmp.path, "project-"));
    fs.cpSync(first, directory, { recursive: true });
    return directory;
  }

  function lock(project: Project): string {
    const directory = fs.mkdtempSync(path.join(tmp.path, "locked-"));
    for (const [name, text] of Object.entries(project.files)) {
      fs.mkdirSync(path.join(directory, path.dirname(name)), { recursive: true });
      fs.writeFileSync(path.join(directory, name), text);
    }
    runPackageManager(project.manager, project.lock, directory);
    fs.rmSync(path.join(directory, "node_modules"), { recursive: true, force: true });
    return directory;
  }

  /** Installs ours into a directory; every link leads to something. */
  async function ours(directory: string, cpu: Cpu, name: string): Promise<string> {
    const { modules } = specsOf({
      package: name,
      entry: "server.js",
      installScripts: [
        "!@swc/core",
        "!esbuild",
        "!fsevents",
        "!sharp",
        "!@esbuild/linux-x64",
        "!@esbuild/linux-arm64",
      ],
    });
    const context = sourceContext(directory, {
      platform: { os: "linux", architecture: architectures[cpu] },
      env: { HOME: process.env["HOME"] ?? "/", PATH: process.env["PATH"] ?? "" },
      // Many of the projects have the same packages.
      downloads: path.join(tmp.path, "downloads"),
    });
    const locked: Json =
      factsLockKey(modules, context) === undefined ? null : await resolveFacts(modules, context);
    const { layers } = await moduleLayers(modules, locked, context);
    const out = fs.mkdtempSync(path.join(tmp.path, "out-"));
    for (const { layer } of layers) execFileSync("tar", ["-C", out, "-xf", context.tarOf(layer.diffId)]);
    return path.join(out, "app");
  }

  it.each(Object.entries(projects))(
    "%s, for both architectures",
    async (_title, project) => {
      const directory = write(project);
      const name = project.files["packages/lib/package.json"] === undefined ? "." : "@acme/api";
      for (const cpu of ["x64", "arm64"] as const) {
        const theirs = path.join(tmp.path, `${path.basename(directory)}-${cpu}`);
        fs.cpSync(directory, theirs, {
          recursive: true,
          filter: (file) => !/\/(?:downloads|layers)$/.test(file),
        });
        project.install(theirs, cpu);
        const mine = installedPackages(await ours(directory, cpu, name));
        const wanted = installedPackages(theirs);
        expect(moduleSet(mine)).toEqual(moduleSet(wanted));
        expect(moduleSet(mine)).toContain(`@esbuild/linux-${cpu}@0.25.0`);
        // yarn 4 changes files of a few packages for Plug'n'Play, whoever installs them
        if (project.manager !== "yarn4") expect(fileSet(mine)).toEqual(fileSet(wanted));
        expect(moduleSet(mine)).toEqual(expect.arrayContaining([...(project.has?.(cpu) ?? [])]));
        expect(mine.length).toBeGreaterThan(project.atLeast ?? 0);
      }
    },
    400_000,
  );

  it("is the same after an edit of the lockfile that does not touch it, and another after one that does", () => {
    const project = projects["the lockfile of pnpm 9 (9.0)"];
    if (project === undefined) throw new Error("no such project");
    const directory = write(project);
    const { modules } = specsOf({ package: "@acme/api", entry: "server.js" });
    const plan = () =>
      JSON.stringify(
        planModules(
          modules,
          null,
          sourceContext(directory, { platform: { os: "linux", architecture: "amd64" } }),
        ),
      );
    const before = plan();
    const file = path.join(directory, "pnpm-lock.yaml");
    const text = fs.readFileSync(file, "utf8");
    fs.writeFileSync(
      file,
      text
        .replaceAll(/picomatch@4\.0\.2|picomatch: 4\.0\.2/g, (found) => found.replace("4.0.2", "4.0.1"))
        .replaceAll("version: 4.0.2", "version: 4.0.1"),
    );
    expect(plan()).toBe(before);
    fs.writeFileSync(
      file,
      text
        .replaceAll("is-number@6.0.0", "is-number@6.0.1")
        .replaceAll("is-number: 6.0.0", "is-number: 6.0.1"),
    );
    expect(plan()).not.toBe(before);
  }, 200_000);
});
