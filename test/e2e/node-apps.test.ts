import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CliWorkspace } from "../support/cli.ts";
import { InProcessWorkspace } from "../support/in-process-workspace.ts";
import { containerAnswers } from "../support/container-answer.ts";
import { integrityOf, npmArchive, privateRegistry } from "../support/npm-archive.ts";
import { runPackageManager } from "../support/package-managers.ts";
import { requires } from "../support/requires.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const token = "t0ken-that-nobody-may-see";

interface Built {
  readonly vertices: { readonly ran: number };
  readonly images: readonly {
    readonly platforms: readonly { readonly layers: readonly { readonly diffId: string }[] }[];
  }[];
}
interface Why {
  readonly vertices: readonly { readonly causes: readonly object[] }[];
}
const layersOf = (built: Built): readonly string[] =>
  built.images[0]?.platforms[0]?.layers.map(({ diffId }) => diffId) ?? [];

function filesWith(directory: string, text: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => fs.readFileSync(file).includes(text));
}

describe.skipIf(!requires("root", "overlayfs", "crun", "debian-mirror", "npm-registry"))("a Node app", () => {
  /** One store: Node comes once. */
  const store = temporaryDirectory();
  let workspace: CliWorkspace;
  const secret = npmArchive({
    "package.json": JSON.stringify({ name: "@private/secret", version: "1.0.0", main: "index.js" }),
    "index.js": "module.exports = 'from the private registry';",
  });

  beforeAll(async () => {
    workspace = new InProcessWorkspace(store.path);
    workspace.fetchesPackages = true;
    workspace.write(
      "package.json",
      JSON.stringify({
        private: true,
        type: "module",
        workspaces: ["packages/*"],
        engines: { node: ">=20" },
      }),
    );
    workspace.write(
      "packages/lib/package.json",
      JSON.stringify({
        name: "@acme/lib",
        version: "1.0.0",
        type: "module",
        exports: "./index.js",
        dependencies: { ms: "2.1.3" },
      }),
    );
    workspace.write("packages/lib/index.js", 'import ms from "ms"; export const minute = () => ms(60000);\n');
    workspace.write(
      "packages/api/package.json",
      JSON.stringify({
        name: "@acme/api",
        version: "1.0.0",
        type: "module",
        dependencies: { "@acme/lib": "*", picocolors: "~1.1.0" },
        devDependencies: { "is-number": "7.0.0" },
      }),
    );
    workspace.write(
      "packages/api/server.js",
      `import http from "node:http"; import os from "node:os"; import { minute } from "@acme/lib"; import "picocolors";
const server = http.createServer((request, response) => response.end(minute() + " " + os.userInfo().username + " " + process.cwd()));
server.listen(Number(process.env.PORT));
process.on("SIGTERM", () => server.close());\n`,
    );
    workspace.write(
      "app.image.ts",
      'import { image } from "tsdock";\nimport { nodeApp } from "tsdock/plugins/node";\nexport const api = image().with(nodeApp({ package: "@acme/api", entry: "server.js" }));\n',
    );
    workspace.write(".nvmrc", "22\n");
    runPackageManager("npm", ["install", "--package-lock-only"], workspace.directory);
    const { exitCode, stderr } = await workspace.run(["lock"]);
    if (exitCode !== 0) throw new Error(stderr);
  }, 300_000);
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  it("starts in a container as its user and answers", async () => {
    await workspace.json<Built>(["build"]);
    expect(await containerAnswers(workspace, "api", ["/"])).toEqual(["1m node /app/packages/api"]);
  });

  it("runs nothing after an edit of the lockfile that is not of it, and makes one layer anew for one package", async () => {
    const before = layersOf(await workspace.json<Built>(["build"]));
    const lock = workspace.path("package-lock.json");
    const text = fs.readFileSync(lock, "utf8");
    fs.writeFileSync(lock, text.replace(/("node_modules\/is-number": \{\s+"version": ")7\.0\.0/, "$17.0.1"));
    expect(fs.readFileSync(lock, "utf8")).not.toBe(text);
    expect((await workspace.json<Built>(["build"])).vertices.ran).toBe(0);
    fs.writeFileSync(lock, text);
    const integrity = runPackageManager(
      "npm",
      ["view", "picocolors@1.1.0", "dist.integrity"],
      workspace.directory,
    );
    const locked = JSON.parse(text) as { packages: Record<string, Record<string, unknown>> };
    const { resolved: _resolved, ...picocolors } = locked.packages["node_modules/picocolors"] ?? {};
    locked.packages["node_modules/picocolors"] = {
      ...picocolors,
      version: "1.1.0",
      integrity: integrity.trim(),
    };
    fs.writeFileSync(lock, JSON.stringify(locked, null, 2));
    const after = layersOf(await workspace.json<Built>(["build"]));
    expect(after).toHaveLength(before.length);
    expect(after.filter((layer, index) => layer !== before[index])).toHaveLength(1);
    const why = await workspace.json<Why>(["why", "api"]);
    expect(why.vertices.flatMap(({ causes }) => causes)).toContainEqual(
      expect.objectContaining({
        name: expect.stringContaining("node_modules/picocolors.version") as string,
        from: "1.1.1",
        to: "1.1.0",
      }),
    );
  }, 400_000);

  it("of more than 200 packages, some of them native, starts with what yarn's lockfile says", async () => {
    await using other = new InProcessWorkspace(store.path);
    other.fetchesPackages = true;
    const dependencies = {
      eslint: "8.57.1",
      express: "4.21.2",
      lightningcss: "1.29.1",
      mocha: "10.8.2",
    };
    const workspaces = ["packages/*"];
    other.write("package.json", JSON.stringify({ name: "root", private: true, workspaces }));
    other.write(".yarnrc.yml", "nodeLinker: node-modules\nenableGlobalCache: true\n");
    other.write(".nvmrc", "22\n");
    other.write(
      "packages/api/package.json",
      JSON.stringify({ name: "@acme/api", version: "1.0.0", dependencies }),
    );
    other.write(
      "packages/api/server.js",
      `const { transform } = require("lightningcss");
const { code } = transform({ filename: "a.css", code: Buffer.from("a { color: #ff0000 }"), minify: true });
const found = [require("eslint/package.json"), require("mocha/package.json")].map(({ name, version }) => name + " " + version);
require("express")().get("/", (request, response) => response.send([code, ...found].join())).listen(Number(process.env.PORT));\n`,
    );
    other.write(
      "app.image.ts",
      'import { image } from "tsdock";\nimport { nodeApp } from "tsdock/plugins/node";\nexport const many = image().with(nodeApp({ package: "@acme/api", entry: "server.js" }));\n',
    );
    runPackageManager("yarn4", ["install", "--mode=update-lockfile"], other.directory);
    const locked = fs.readFileSync(other.path("yarn.lock"), "utf8");
    expect(locked.match(/^ {2}resolution: .*@npm:/gm)?.length).toBeGreaterThan(200);
    for (const command of ["lock", "build"]) {
      const { exitCode, stderr } = await other.run([command]);
      expect(exitCode, stderr).toBe(0);
    }
    expect(await containerAnswers(other, "many", ["/"])).toEqual(["a{color:red},eslint 8.57.1,mocha 10.8.2"]);
  }, 300_000);

  it("is built by its own script, after those of the packages that it needs", async () => {
    await using other = new InProcessWorkspace(store.path);
    other.fetchesPackages = true;
    const compiler = { scripts: { build: "tsc -p ." }, files: ["dist"], type: "module", version: "1.0.0" };
    const options = {
      module: "nodenext",
      target: "es2022",
      declaration: true,
      outDir: "dist",
      rootDir: "src",
      types: [],
    };
    const config = JSON.stringify({ compilerOptions: options, include: ["src"] });
    other.write(
      "package.json",
      JSON.stringify({ private: true, workspaces: ["packages/*"], devDependencies: { typescript: "5.7.3" } }),
    );
    other.write(".nvmrc", "22");
    other.write(".dockerignore", ".home\n");
    other.write(
      "packages/lib/package.json",
      JSON.stringify({ name: "@acme/lib", ...compiler, exports: "./dist/index.js" }),
    );
    other.write("packages/lib/src/index.ts", "export const word: string = 'compiled';\n");
    other.write(
      "packages/api/package.json",
      JSON.stringify({ name: "@acme/api", ...compiler, dependencies: { "@acme/lib": "*" } }),
    );
    other.write(
      "packages/api/src/main.ts",
      "import { word } from '@acme/lib';\ndeclare const console: { log(text: string): void };\nconsole.log(word);\n",
    );
    for (const name of ["api", "lib"]) other.write(`packages/${name}/tsconfig.json`, config);
    other.write(
      "app.image.ts",
      'import { image } from "tsdock";\nimport { nodeApp } from "tsdock/plugins/node";\nexport const compiled = image().with(nodeApp({ package: "@acme/api", entry: "dist/main.js", build: true }));\n',
    );
    runPackageManager("npm", ["install", "--package-lock-only"], other.directory);
    const built = await other.run(["build"]);
    expect(built.exitCode, built.stderr).toBe(0);
    expect((await other.run(["run", "--rm", "--network", "host", "compiled"])).stdout).toBe("compiled\n");
    expect(fs.existsSync(other.path("packages/api/dist"))).toBe(false);
    // A script that ends well and writes something else.
    other.write("packages/api/tsconfig.json", config.replace("dist", "out"));
    const nothing = await other.run(["build"]);
    expect(nothing.exitCode).toBe(1);
    expect(nothing.stderr).toMatch(/error RUN_FAILED [\s\S]*the script build did not write dist\/main\.js/);
  });

  it("takes packages from the registry that .npmrc names, and keeps its token to itself", async () => {
    await using registry = await privateRegistry(token, { "@private/secret": secret });
    await using other = new InProcessWorkspace();
    other.fetchesPackages = true;
    // Its store lies in the package, and is none of the app's files.
    other.write(
      "package.json",
      JSON.stringify({ files: ["index.js"], dependencies: { "@private/secret": "1.0.0" } }),
    );
    other.write("index.js", "console.log(require('@private/secret'));");
    other.write(
      ".npmrc",
      `@private:registry=http://${registry.host}/\n//${registry.host}/:_authToken=\${PRIVATE_TOKEN}\n`,
    );
    const packages = {
      "": { dependencies: { "@private/secret": "1.0.0" } },
      "node_modules/@private/secret": { version: "1.0.0", integrity: integrityOf(secret) },
    };
    other.write("package-lock.json", JSON.stringify({ lockfileVersion: 3, packages }));
    other.write(
      "app.image.ts",
      'import { image, scratch } from "tsdock";\nimport { nodeApp } from "tsdock/plugins/node";\nimport { debian } from "tsdock/plugins/debian";\nexport const app = image().with(nodeApp({ package: ".", entry: "index.js", runtime: debian({ packages: ["busybox-static"] }) }));\n',
    );
    const without = await other.run(["build"]);
    expect(without.stderr).toContain("NODE_NPMRC_INVALID");
    expect(without.stderr).toMatch(/\.npmrc:2/);
    const built = await other.run(["build", "--progress", "json"], { PRIVATE_TOKEN: token });
    expect(built.stderr).not.toContain("error");
    expect(built.exitCode).toBe(0);
    expect(registry.asked).toEqual([`Bearer ${token}`]);
    expect(`${built.stdout}${built.stderr}`).not.toContain(token);
    expect(filesWith(other.home, token)).toEqual([]);
    expect(filesWith(other.home, "_authToken")).toEqual([]);
    expect(filesWith(other.home, "from the private registry")).not.toEqual([]);
  });
});
