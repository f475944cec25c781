import path from "node:path";
import { describe, expect, it } from "vitest";
import { readInstallation } from "../../../plugins/node/install/read-installation.ts";
import { processorTime } from "../../support/processor-time.ts";
import { integrity, project, wanted } from "./support.ts";

const npmLock = (packages: object, more: object = {}) => ({ lockfileVersion: 3, packages, ...more });
const entry = (version: string, more: object = {}) => ({ version, integrity, ...more });

const listed = (files: Readonly<Record<string, string | object>>, name = ".", architecture = "amd64") => {
  const one = project(files);
  return {
    one,
    installation: () => readInstallation(one.context(architecture), wanted(name), null).installation,
  };
};

describe("npm's lockfile", () => {
  const files = {
    "package.json": { workspaces: ["packages/*"] },
    "packages/api/package.json": {
      name: "api",
      dependencies: { a: "1", lib: "*" },
      devDependencies: { dev: "1" },
    },
    "packages/lib/package.json": { name: "lib", dependencies: { a: "2" } },
    "package-lock.json": npmLock({
      "": { workspaces: ["packages/*"] },
      "packages/api": { name: "api", dependencies: { a: "1", lib: "*" }, devDependencies: { dev: "1" } },
      "packages/lib": { name: "lib", dependencies: { a: "2" } },
      "node_modules/api": { resolved: "packages/api", link: true },
      "node_modules/lib": { resolved: "packages/lib", link: true },
      "node_modules/dev": entry("1.0.0", { dev: true }),
      "node_modules/a": entry("1.0.0", {
        optionalDependencies: { native: "1", other: "1" },
        bin: { a: "cli.js" },
      }),
      "node_modules/native": entry("1.0.0", { optional: true, os: ["linux"], cpu: ["x64"] }),
      "node_modules/other": entry("1.0.0", { optional: true, os: ["darwin"] }),
      "packages/lib/node_modules/a": entry("2.0.0", { dependencies: { a: "2" } }),
    }),
  };

  it("gives what the package needs in production, where the lockfile has it", async () => {
    const { one, installation } = listed(files, "./packages/api");
    await using _project = one;
    const { packages, locals, links, bins } = installation();
    expect(packages.map(({ path, version, native }) => [path, version, native])).toEqual([
      ["node_modules/a", "1.0.0", false],
      ["node_modules/native", "1.0.0", true],
      ["packages/lib/node_modules/a", "2.0.0", false],
    ]);
    expect(locals.map(({ directory }) => directory)).toEqual(["packages/api", "packages/lib"]);
    expect(links).toEqual([{ path: "node_modules/lib", to: "packages/lib" }]);
    expect(bins[0]).toEqual({
      path: "node_modules/.bin",
      packages: ["node_modules/a", "node_modules/lib", "node_modules/native"],
    });
  });

  it("leaves out what is for another architecture", async () => {
    const { one, installation } = listed(files, "./packages/api", "arm64");
    await using _project = one;
    expect(installation().packages.map(({ path }) => path)).toEqual([
      "node_modules/a",
      "packages/lib/node_modules/a",
    ]);
  });

  it("makes a package that is wanted by its name reachable by it", async () => {
    const { one, installation } = listed(files, "api");
    await using _project = one;
    expect(installation().links).toContainEqual({ path: "node_modules/api", to: "packages/api" });
  });

  const broken: Readonly<Record<string, readonly [lock: string | object, code: string, line: number]>> = {
    "is cut off": ['{\n  "lockfileVersion": 3,\n  "packages": {', "NODE_LOCKFILE_INVALID", 3],
    "is not JSON": ['{\n  "lockfileVersion": 3,\n  oops\n}', "NODE_LOCKFILE_INVALID", 3],
    "holds a merge conflict": ["{\n<<<<<<< HEAD\n=======\n>>>>>>> x\n}", "NODE_LOCKFILE_INVALID", 2],
    "is empty": ["", "NODE_LOCKFILE_INVALID", 1],
    "is not text": ["\0\x01\x02", "NODE_LOCKFILE_INVALID", 1],
    "is nested without end": [`${"[".repeat(100_000)}x`, "NODE_LOCKFILE_INVALID", 1],
    "is a list": ["[]", "NODE_LOCKFILE_INVALID", 1],
    "is of version 1": ['{\n  "lockfileVersion": 1\n}', "NODE_LOCKFILE_UNSUPPORTED", 2],
    "does not know the project": [npmLock({}), "NODE_LOCKFILE_STALE", 3],
    "lacks a dependency": [npmLock({ "": { dependencies: { a: "1" } } }), "NODE_LOCKFILE_INVALID", 4],
    "leads out of the project": [
      npmLock({ "": {}, "node_modules/../../x": entry("1.0.0") }),
      "NODE_LOCKFILE_INVALID",
      5,
    ],
    "has a link to nothing": [
      npmLock({ "": { dependencies: { a: "1" } }, "node_modules/a": { link: true, resolved: "gone" } }),
      "NODE_LOCKFILE_INVALID",
      9,
    ],
    "has a package from git": [
      npmLock({
        "": { dependencies: { a: "1" } },
        "node_modules/a": { version: "1.0.0", resolved: "git+ssh://git@git.example/a.git#0" },
      }),
      "NODE_LOCKFILE_UNSUPPORTED",
      9,
    ],
    "needs a package of another platform": [
      npmLock({ "": { dependencies: { a: "1" } }, "node_modules/a": entry("1.0.0", { os: ["win32"] }) }),
      "NODE_PLATFORM",
      9,
    ],
  };

  it.each(Object.entries(broken))("that %s is an error with its place", async (_what, [lock, code, line]) => {
    await using one = project({ "package.json": {}, "package-lock.json": lock });
    const file = path.join(one.directory, "package-lock.json");
    expect(() => readInstallation(one.context(), wanted(), null)).toThrow(
      expect.objectContaining({ code, place: expect.objectContaining({ file, line }) }),
    );
  });

  it("that was written for another package.json is an error with the place there", async () => {
    await using one = project({
      "package.json": { dependencies: { a: "^1" } },
      "package-lock.json": npmLock({ "": { dependencies: { a: "^2" } }, "node_modules/a": entry("2.0.0") }),
    });
    const file = path.join(one.directory, "package.json");
    const stale = expect.objectContaining({
      code: "NODE_LOCKFILE_STALE",
      place: expect.objectContaining({ file, line: 3 }),
    });
    expect(() => readInstallation(one.context(), wanted(), null)).toThrow(stale);
    one.write("package.json", { dependencies: { b: "^1" } });
    expect(() => readInstallation(one.context(), wanted(), null)).toThrow(stale);
    one.write("package.json", { dependencies: { a: "^2" } });
    expect(readInstallation(one.context(), wanted(), null).installation.packages).toHaveLength(1);
  });

  it("may be cyclic: packages that need one another are found once", async () => {
    await using one = project({
      "package.json": {},
      "package-lock.json": npmLock({
        "": { dependencies: { a: "1" } },
        "node_modules/a": entry("1.0.0", { dependencies: { b: "1" } }),
        "node_modules/b": entry("1.0.0", { dependencies: { a: "1" } }),
      }),
    });
    const { packages } = readInstallation(one.context(), wanted(), null).installation;
    expect(packages.map(({ name }) => name)).toEqual(["a", "b"]);
  });
});

const pnpmLock = (body: string) => `lockfileVersion: '9.0'\n${body}`;
const resolution = `    resolution: {integrity: ${integrity}}\n`;

describe("pnpm's lockfile", () => {
  const chain = (count: number): string => {
    const names = Array.from({ length: count }, (_, index) => `p${index}`);
    const packages = names.map((name) => `  ${name}@1.0.0:\n${resolution}`).join("");
    const snapshots = names
      .map((name, index) => `  ${name}@1.0.0:\n    dependencies:\n      p${(index + 1) % count}: 1.0.0\n`)
      .join("");
    return pnpmLock(
      `importers:\n  .:\n    dependencies:\n      p0:\n        specifier: 1\n        version: 1.0.0\npackages:\n${packages}snapshots:\n${snapshots}`,
    );
  };

  it("gives a store with links, in bounded time however deep and cyclic it is", async () => {
    await using one = project({ "package.json": {}, "pnpm-lock.yaml": chain(5000) });
    const { value, ms } = processorTime(() => readInstallation(one.context(), wanted(), null));
    expect(ms).toBeLessThan(20_000);
    const { packages, links } = value.installation;
    expect(packages).toHaveLength(5000);
    expect(links).toContainEqual({
      path: "node_modules/.pnpm/p0@1.0.0/node_modules/p1",
      to: "node_modules/.pnpm/p1@1.0.0/node_modules/p1",
    });
  });

  it("is the last of several documents", async () => {
    const env = "---\nlockfileVersion: '9.0'\nimporters:\n  .:\n    packageManagerDependencies: {}\n---\n";
    await using one = project({ "package.json": {}, "pnpm-lock.yaml": `${env}${chain(2)}` });
    expect(readInstallation(one.context(), wanted(), null).installation.packages).toHaveLength(2);
  });

  const broken: Readonly<Record<string, readonly [lock: string, code: string, line: number]>> = {
    "is not YAML": ["lockfileVersion: '9.0'\nimporters: {\n", "NODE_LOCKFILE_INVALID", 3],
    "is cut off": [
      pnpmLock("importers:\n  .:\n    dependencies:\n      a: {spec"),
      "NODE_LOCKFILE_INVALID",
      6,
    ],
    "holds a merge conflict": [
      pnpmLock("<<<<<<< HEAD\nimporters: {}\n=======\n>>>>>>> x\n"),
      "NODE_LOCKFILE_INVALID",
      2,
    ],
    "is nested without end": [pnpmLock(`a: ${"[".repeat(100_000)}\n`), "NODE_LOCKFILE_INVALID", 2],
    "is empty": ["", "NODE_LOCKFILE_INVALID", 1],
    "is of an old version": ["lockfileVersion: 5.4\n", "NODE_LOCKFILE_UNSUPPORTED", 1],
    "does not know the project": [pnpmLock("importers:\n  other: {}\n"), "NODE_LOCKFILE_STALE", 2],
    "lacks a package": [
      pnpmLock(
        "importers:\n  .:\n    dependencies:\n      a:\n        specifier: 1\n        version: 1.0.0\n",
      ),
      "NODE_LOCKFILE_INVALID",
      1,
    ],
    "links out of the project": [
      pnpmLock(
        "importers:\n  .:\n    dependencies:\n      a:\n        specifier: 1\n        version: link:../../a\n",
      ),
      "NODE_LOCKFILE_UNSUPPORTED",
      7,
    ],
    "names a package that leaves its directory": [
      pnpmLock(`packages:\n  ../../x@1.0.0:\n${resolution}snapshots:\n  ../../x@1.0.0: {}\n`),
      "NODE_LOCKFILE_INVALID",
      3,
    ],
  };

  it.each(Object.entries(broken))("that %s is an error with its place", async (_what, [lock, code, line]) => {
    await using one = project({ "package.json": {}, "pnpm-lock.yaml": lock });
    expect(() => readInstallation(one.context(), wanted(), null)).toThrow(
      expect.objectContaining({ code, place: expect.objectContaining({ line }) }),
    );
  });
});

describe("yarn's lockfile", () => {
  it("of version 1 puts a second version below what needs it", async () => {
    await using one = project({
      "package.json": { dependencies: { a: "^1", b: "1" } },
      "yarn.lock": `# yarn lockfile v1\n\na@^1:\n  version "1.0.0"\n  integrity ${integrity}\n\n"a@^2":\n  version "2.0.0"\n  integrity ${integrity}\n\nb@1:\n  version "1.0.0"\n  integrity ${integrity}\n  dependencies:\n    a "^2"\n`,
    });
    const { packages } = readInstallation(one.context(), wanted(), null).installation;
    expect(packages.map(({ path, version }) => `${path} ${version}`)).toEqual([
      "node_modules/a 1.0.0",
      "node_modules/b 1.0.0",
      "node_modules/b/node_modules/a 2.0.0",
    ]);
  });

  const classic = (body: string) => `# yarn lockfile v1\n\n${body}`;
  const berry = (body: string) => `__metadata:\n  version: 8\n\n${body}`;
  const root = '"root@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "root@workspace:."\n';
  const broken: Readonly<Record<string, readonly [lock: string, code: string, line: number]>> = {
    "of version 1 is cut off": [classic('a@^1:\n  version "1.0'), "NODE_LOCKFILE_INVALID", 4],
    "of version 1 holds a merge conflict": [
      classic(`<<<<<<< HEAD\na@^1:\n  version "1.0.0"\n=======\n>>>>>>> other\n`),
      "NODE_LOCKFILE_INVALID",
      3,
    ],
    "of version 1 lacks a package": [classic('b@^1:\n  version "1.0.0"\n'), "NODE_LOCKFILE_STALE", 1],
    "of version 4 is cut off": [berry(`${root}\n"a@npm:^1":\n  version: "1.0`), "NODE_LOCKFILE_INVALID", 10],
    "of version 4 holds a merge conflict": [
      berry(`<<<<<<< HEAD\n${root}=======\n>>>>>>> other\n`),
      "NODE_LOCKFILE_INVALID",
      4,
    ],
    "of version 4 is not what it says": [berry('"a@npm:^1": 1\n'), "NODE_LOCKFILE_INVALID", 4],
    "of version 4 lacks a package": [berry(root), "NODE_LOCKFILE_STALE", 1],
  };

  it.each(Object.entries(broken))("that %s is an error with its place", async (_what, [lock, code, line]) => {
    await using one = project({
      "package.json": { name: "root", dependencies: { a: "^1" } },
      ".yarnrc.yml": "nodeLinker: node-modules\n",
      "yarn.lock": lock,
    });
    expect(() => readInstallation(one.context(), wanted(), null)).toThrow(
      expect.objectContaining({ code, place: expect.objectContaining({ line }) }),
    );
  });

  it("of version 1 may be cyclic", async () => {
    const entry = (name: string, needs: string) =>
      `${name}@1:\n  version "1.0.0"\n  integrity ${integrity}\n  dependencies:\n    ${needs} "1"\n\n`;
    await using one = project({
      "package.json": { name: "root", dependencies: { a: "1" } },
      "yarn.lock": classic(`${entry("a", "b")}${entry("b", "a")}`),
    });
    const { packages } = readInstallation(one.context(), wanted(), null).installation;
    expect(packages.map(({ path: at }) => at)).toEqual(["node_modules/a", "node_modules/b"]);
  });

  it("of version 4 may be cyclic", async () => {
    const entry = (name: string, needs: string) =>
      `"${name}@npm:1":\n  version: 1.0.0\n  resolution: "${name}@npm:1.0.0"\n  dependencies:\n    ${needs}: "npm:1"\n\n`;
    await using one = project({
      "package.json": { name: "root", dependencies: { a: "1" } },
      ".yarnrc.yml": "nodeLinker: node-modules\n",
      "yarn.lock": berry(`${root}\n${entry("a", "b")}${entry("b", "a")}`),
    });
    const facts = { "a@1.0.0": { integrity }, "b@1.0.0": { integrity } };
    const { packages } = readInstallation(one.context(), wanted(), facts).installation;
    expect(packages.map(({ path: at }) => at)).toEqual(["node_modules/a", "node_modules/b"]);
  });

  it("of a project with Plug'n'Play is refused", async () => {
    await using one = project({
      "package.json": {},
      ".yarnrc.yml": "enableTelemetry: false\nnodeLinker: pnp\n",
      "yarn.lock": "__metadata:\n  version: 8\n",
    });
    expect(() => readInstallation(one.context(), wanted(), null)).toThrow(
      expect.objectContaining({
        code: "NODE_LOCKFILE_UNSUPPORTED",
        place: expect.objectContaining({ line: 2 }),
      }),
    );
  });
});

describe("names that would lie outside of the project are an error", () => {
  const escape = "../../../etc/evil";
  const snapshot = (name: string, more = "") => `  ${name}@1.0.0:${more === "" ? " {}" : more}\n`;
  it.each([
    [
      "pnpm, of the project",
      {
        "package.json": { dependencies: { [escape]: "1" } },
        "pnpm-lock.yaml": pnpmLock(
          `importers:\n  .:\n    dependencies:\n      ${escape}:\n        specifier: "1"\n        version: a@1.0.0\npackages:\n  a@1.0.0:\n${resolution}snapshots:\n${snapshot("a")}`,
        ),
      },
    ],
    [
      "pnpm, of a package",
      {
        "package.json": { dependencies: { a: "1" } },
        "pnpm-lock.yaml": pnpmLock(
          `importers:\n  .:\n    dependencies:\n      a:\n        specifier: "1"\n        version: 1.0.0\npackages:\n  a@1.0.0:\n${resolution}  b@1.0.0:\n${resolution}snapshots:\n${snapshot("a", `\n    dependencies:\n      ${escape}: b@1.0.0`)}${snapshot("b")}`,
        ),
      },
    ],
    [
      "yarn",
      {
        "package.json": { dependencies: { a: "1" } },
        "yarn.lock": `# yarn lockfile v1\n\na@1:\n  version "1.0.0"\n  integrity ${integrity}\n  dependencies:\n    "${escape}" "npm:b@1"\n\n"${escape}@npm:b@1":\n  version "1.0.0"\n  integrity ${integrity}\n`,
      },
    ],
  ])("%s", async (_what, files) => {
    await using one = project(files);
    expect(() => readInstallation(one.context(), wanted(), null)).toThrow(
      expect.objectContaining({ code: "NODE_LOCKFILE_INVALID" }),
    );
  });

  it("commands are left out", async () => {
    await using one = project({
      "package.json": { dependencies: { a: "1" } },
      "package-lock.json": npmLock({
        "": { dependencies: { a: "1" } },
        "node_modules/a": entry("1.0.0", {
          bin: { "../../evil": "../../../etc/passwd", a: "../../../cli.js" },
        }),
      }),
    });
    const { packages } = readInstallation(one.context(), wanted(), null).installation;
    expect(packages[0]?.bin).toEqual({ a: "cli.js" });
  });
});

describe("a project", () => {
  it("with lockfiles of two package managers has to choose", async () => {
    await using one = project({ "package.json": {}, "yarn.lock": "", "package-lock.json": {} });
    expect(() => readInstallation(one.context(), wanted(), null)).toThrow(
      expect.objectContaining({ code: "NODE_LOCKFILE_INVALID" }),
    );
  });

  it("without a lockfile, or without the package, is an error that says what there is", async () => {
    await using one = project({ "package.json": { name: "root" } });
    expect(() => readInstallation(one.context(), wanted(), null)).toThrow(
      expect.objectContaining({ code: "NODE_LOCKFILE_MISSING" }),
    );
    one.write("package-lock.json", npmLock({ "": {} }));
    expect(() => readInstallation(one.context(), wanted("other"), null)).toThrow(
      expect.objectContaining({ code: "NODE_PACKAGE_UNKNOWN", details: "packages: root" }),
    );
  });
});
