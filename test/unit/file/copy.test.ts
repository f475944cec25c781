import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { copy, type CopyOptions, dir, file, hard, link, type PlanOptions, workbench } from "./support.ts";

const files = {
  "a.txt": "a",
  "b.txt": "b",
  "README.md": "readme",
  "src/index.js": "index",
  "src/lib/one.js": "one",
  "src/lib/one.test.js": "test",
  "src/lib/deep/two.js": "two",
  "docs/guide.md": "guide",
  "docs/api/index.md": "api",
  "empty/": "",
  ".hidden": "hidden",
};

/** COPY SOURCES DESTINATION on scratch: what the layer has. */
const cases: readonly (readonly [
  name: string,
  include: string | string[],
  destination: string,
  expected: readonly string[],
])[] = [
  ["a file to a name", "a.txt", "/x", ['x "a"']],
  ["a file into a directory", "a.txt", "/app/", ["app/", 'app/a.txt "a"']],
  ["a file to the root", "a.txt", "/", ['a.txt "a"']],
  ["a file to a dot", "a.txt", ".", ['a.txt "a"']],
  ["a file below new directories", "a.txt", "/u/v/x", ["u/", "u/v/", 'u/v/x "a"']],
  ["what is in a directory", "docs", "/d", ["d/", "d/api/", 'd/api/index.md "api"', 'd/guide.md "guide"']],
  [
    "what is in a directory, with slashes",
    "./docs/",
    "/d/",
    ["d/", "d/api/", 'd/api/index.md "api"', 'd/guide.md "guide"'],
  ],
  ["an absolute source is taken from the root of the context", "/docs/guide.md", "/", ['guide.md "guide"']],
  ["an empty directory", "empty", "/e", ["e/"]],
  ["several sources", ["a.txt", "b.txt"], "/d/", ["d/", 'd/a.txt "a"', 'd/b.txt "b"']],
  ["a directory and a file", ["docs/api", "a.txt"], "/d/", ["d/", 'd/a.txt "a"', 'd/index.md "api"']],
  [
    "a star matches names and not those with other ends",
    "*.txt",
    "/d/",
    ["d/", 'd/a.txt "a"', 'd/b.txt "b"'],
  ],
  ["a star matches hidden names too", ".*", "/d/", ["d/", 'd/.hidden "hidden"']],
  [
    "a matched directory gives what is in it",
    "do*",
    "/d/",
    ["d/", "d/api/", 'd/api/index.md "api"', 'd/guide.md "guide"'],
  ],
  ["a question mark and brackets", "[a-b].tx?", "/d/", ["d/", 'd/a.txt "a"', 'd/b.txt "b"']],
  ["one match of a pattern may get a new name", "READ*", "/readme", ['readme "readme"']],
  [
    "two stars go to any depth",
    "src/**/*.js",
    "/d/",
    ["d/", 'd/index.js "index"', 'd/one.js "one"', 'd/one.test.js "test"', 'd/two.js "two"'],
  ],
  [
    "two stars at the end are the directory",
    "docs/**",
    "/d/",
    ["d/", "d/api/", 'd/api/index.md "api"', 'd/guide.md "guide"'],
  ],
  ["two stars match no directory too", "**/a.txt", "/d/", ["d/", 'd/a.txt "a"']],
  ["what is copied twice is there once", ["a.txt", "*.txt"], "/d/", ["d/", 'd/a.txt "a"', 'd/b.txt "b"']],
];

describe("copy", () => {
  it.each(cases)("%s", async (_name, include, destination, expected) => {
    await using bench = await workbench();
    bench.write(files);
    expect(await bench.run(copy(bench, include, destination))).toEqual(expected);
  });

  it("takes relative destinations from the working directory", async () => {
    await using bench = await workbench();
    bench.write(files);
    expect(await bench.run(copy(bench, "a.txt", "x/"), { workdir: "/w" })).toEqual([
      "w/",
      "w/x/",
      'w/x/a.txt "a"',
    ]);
    expect(await bench.run(copy(bench, "a.txt", "."), { workdir: "/w" })).toEqual(["w/", 'w/a.txt "a"']);
    expect(await bench.run(copy(bench, "a.txt", "../x"), { workdir: "/w/v" })).toEqual(["w/", 'w/x "a"']);
  });

  it("keeps parents, from the pivot on where there is one", async () => {
    await using bench = await workbench();
    bench.write(files);
    const parents = { parents: true };
    expect(await bench.run(copy(bench, ["src/lib/one.js", "a.txt"], "/d/", parents))).toEqual([
      "d/",
      'd/a.txt "a"',
      "d/src/",
      "d/src/lib/",
      'd/src/lib/one.js "one"',
    ]);
    expect(await bench.run(copy(bench, "src/./lib/deep", "/d", parents))).toEqual([
      "d/",
      "d/lib/",
      "d/lib/deep/",
      'd/lib/deep/two.js "two"',
    ]);
    expect(await bench.run(copy(bench, "./src/**/*.test.js", "/d/", parents))).toEqual([
      "d/",
      "d/src/",
      "d/src/lib/",
      'd/src/lib/one.test.js "test"',
    ]);
    expect(await bench.run(copy(bench, ".", "/d", { ...parents, exclude: ["*", "!docs/api"] }))).toEqual([
      "d/",
      "d/docs/",
      "d/docs/api/",
      'd/docs/api/index.md "api"',
    ]);
  });

  it("excludes by patterns from the copied directory, or from the kept part of the path", async () => {
    await using bench = await workbench();
    bench.write(files);
    expect(await bench.run(copy(bench, "src", "/d", { exclude: ["**/*.test.js", "lib/deep"] }))).toEqual([
      "d/",
      'd/index.js "index"',
      "d/lib/",
      'd/lib/one.js "one"',
    ]);
    expect(await bench.run(copy(bench, "src", "/d", { exclude: ["lib", "!lib/deep"] }))).toEqual([
      "d/",
      'd/index.js "index"',
      "d/lib/",
      "d/lib/deep/",
      'd/lib/deep/two.js "two"',
    ]);
    expect(await bench.run(copy(bench, "*.txt", "/d/", { exclude: ["b*"] }))).toEqual(["d/", 'd/a.txt "a"']);
    expect(await bench.run(copy(bench, "src", "/", { parents: true, exclude: ["src/lib"] }))).toEqual([
      "src/",
      'src/index.js "index"',
    ]);
  });

  it("sets owner and mode", async () => {
    await using bench = await workbench();
    bench.write(files);
    expect(await bench.run(copy(bench, "docs", "/x/d", { chown: "7:8", chmod: 0o600 }))).toEqual([
      "x/ 7:8",
      "x/d/ 7:8",
      "x/d/api/ 600 7:8",
      'x/d/api/index.md "api" 600 7:8',
      'x/d/guide.md "guide" 600 7:8',
    ]);
    expect(await bench.run(copy(bench, "a.txt", "/a", { chown: "7" }))).toEqual(['a "a" 7:7']);
  });

  it("knows two modes, whatever the umask was", async () => {
    await using bench = await workbench();
    bench.write({ plain: "", group: "", exec: "", locked: "" });
    fs.chmodSync(path.join(bench.directory, "group"), 0o664);
    fs.chmodSync(path.join(bench.directory, "exec"), 0o744);
    fs.chmodSync(path.join(bench.directory, "locked"), 0o4600);
    expect(await bench.run(copy(bench, ".", "/"))).toEqual([
      'exec "" 755',
      'group ""',
      'locked ""',
      'plain ""',
    ]);
  });

  it("keeps links within a directory and follows one that is named", async () => {
    await using bench = await workbench();
    bench.write({ "d/file": "content", "target/x": "x" });
    fs.symlinkSync("file", path.join(bench.directory, "d/link"));
    fs.symlinkSync("/nowhere", path.join(bench.directory, "d/broken"));
    fs.symlinkSync("target", path.join(bench.directory, "dirlink"));
    expect(await bench.run(copy(bench, "d", "/e"))).toEqual([
      "e/",
      "e/broken -> /nowhere",
      'e/file "content"',
      "e/link -> file",
    ]);
    expect(await bench.run(copy(bench, "d/link", "/e/"))).toEqual(["e/", 'e/link "content"']);
    expect(await bench.run(copy(bench, "dirlink", "/e"))).toEqual(["e/", 'e/x "x"']);
    expect(await bench.run(copy(bench, "dirlink/x", "/e/"))).toEqual(["e/", 'e/x "x"']);
    expect(await bench.run(copy(bench, "dirlink/*", "/e/"))).toEqual(["e/", 'e/x "x"']);
    await expect(bench.run(copy(bench, "d/broken", "/e"))).rejects.toMatchObject({ code: "COPY_NO_MATCH" });
  });

  it("never follows a link out of the context", async () => {
    await using bench = await workbench();
    bench.write({ "etc/passwd": "ours" });
    fs.symlinkSync("/etc/passwd", path.join(bench.directory, "absolute"));
    fs.symlinkSync("../../../../../../etc/passwd", path.join(bench.directory, "relative"));
    fs.symlinkSync("/etc/hostname", path.join(bench.directory, "outside"));
    expect(await bench.run(copy(bench, ["absolute", "relative"], "/"))).toEqual([
      'absolute "ours"',
      'relative "ours"',
    ]);
    await expect(bench.run(copy(bench, "outside", "/"))).rejects.toMatchObject({ code: "COPY_NO_MATCH" });
  });

  it("takes names as bytes", async () => {
    await using bench = await workbench();
    const name = Buffer.from("d/caf\xe9", "latin1");
    bench.write({ "d/é": "utf8" });
    fs.writeFileSync(Buffer.concat([Buffer.from(`${bench.directory}/`), name]), "latin1");
    const planned = await bench.plan(copy(bench, "d", "/"));
    const { entries } = await planned.open();
    expect(entries.map((entry) => entry.path)).toEqual(["caf\xe9", Buffer.from("é").toString("latin1")]);
    expect(await bench.run(copy(bench, "d/é", "/"))).toEqual(['é "utf8"']);
    expect(await bench.run(copy(bench, "d/caf?", "/x"))).toHaveLength(1);
  });

  it("unescapes names without wildcards", async () => {
    await using bench = await workbench();
    bench.write({ "a[0].txt": "bracket", "s*r": "star" });
    expect(await bench.run(copy(bench, "a\\[0\\].txt", "/x"))).toEqual(['x "bracket"']);
    expect(await bench.run(copy(bench, "a[[]0].txt", "/x"))).toEqual(['x "bracket"']);
    expect(await bench.run(copy(bench, "s\\*r", "/x"))).toEqual(['x "star"']);
  });
});

describe("copy onto a base", () => {
  const base = [
    dir("usr"),
    dir("usr/bin"),
    dir("usr/lib", 0o755),
    link("bin", "usr/bin"),
    link("lib", "/usr/lib"),
    dir("tmp", 0o1777),
    dir("home"),
    dir("home/app", 0o750, 1000, 1000),
    dir("etc"),
    file("etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n"),
    file("etc/group", "root:x:0:\napp:x:1001:\nstaff:x:50:app\n"),
    link("etc/motd", "../home/motd"),
    link("loop", "loop"),
    file("usr/bin/tool", "old"),
  ];

  const onBase: readonly (readonly [
    name: string,
    include: string,
    destination: string,
    expected: readonly string[],
    more?: CopyOptions,
  ])[] = [
    [
      "carries parents as the base has them",
      "a",
      "/home/app/a",
      ["home/", "home/app/ 750 1000:1000", 'home/app/a "a"'],
    ],
    ["leaves /tmp sticky", "a", "/tmp/", ["tmp/ 1777", 'tmp/a "a"']],
    ["follows links to directories", "a", "/bin/", ["usr/", "usr/bin/", 'usr/bin/a "a"']],
    [
      "follows absolute links on the way",
      "a",
      "/lib/x/",
      ["usr/", "usr/lib/", "usr/lib/x/", 'usr/lib/x/a "a"'],
    ],
    [
      "goes into a directory that is there without being told",
      "a",
      "/bin",
      ["usr/", "usr/bin/", 'usr/bin/a "a"'],
    ],
    ["replaces a file", "a", "/usr/bin/tool", ["usr/", "usr/bin/", 'usr/bin/tool "a"']],
    ["writes where a link at the end leads to", "a", "/etc/motd", ["home/", 'home/motd "a"']],
    [
      "lays directories over those of the base and leaves their modes",
      "tree",
      "/",
      [
        "home/",
        "home/app/ 750 1000:1000",
        'home/app/x "x"',
        "tmp/ 1777",
        'tmp/y "y"',
        "usr/",
        "usr/bin/",
        'usr/bin/z "z"',
      ],
    ],
    [
      "changes them when it is told to",
      "tree",
      "/",
      [
        "home/ 700 5:6",
        "home/app/ 700 5:6",
        'home/app/x "x" 700 5:6',
        "tmp/ 700 5:6",
        'tmp/y "y" 700 5:6',
        "usr/",
        "usr/bin/ 700 5:6",
        'usr/bin/z "z" 700 5:6',
      ],
      { chown: "5:6", chmod: 0o700 },
    ],
    ["looks up names", "a", "/x/a", ["x/ 1000:1001", 'x/a "a" 1000:1001'], { chown: "app" }],
    ["looks up groups", "a", "/a", ['a "a" 1000:50'], { chown: "app:staff" }],
    ["takes a number with a named group", "a", "/a", ['a "a" 7:50'], { chown: "7:staff" }],
    [
      "keeps the base's parents when it changes owners",
      "a",
      "/home/app/n/a",
      ["home/", "home/app/ 750 1000:1000", "home/app/n/ 3:4", 'home/app/n/a "a" 3:4'],
      { chown: "3:4" },
    ],
  ];

  const rows = onBase.map(([name, include, destination, expected, more = {}]) => ({
    name,
    include,
    destination,
    expected,
    more,
  }));

  it.each(rows)("$name", async ({ include, destination, expected, more }) => {
    await using bench = await workbench();
    bench.write({ a: "a", "tree/home/app/x": "x", "tree/tmp/y": "y", "tree/bin/z": "z" });
    expect(
      await bench.run(copy(bench, include, destination, more), { base: await bench.tree(...base) }),
    ).toEqual(expected);
  });

  it.each([
    ["a file over a directory", "tree/tmp/y", "/", {}, "FILE_CONFLICT"],
    ["a directory over a link to nothing", "linked", "/", {}, "FILE_CONFLICT"],
    ["a circle of links", "a", "/loop/x", {}, "TREE_LINK_LOOP"],
    ["an unknown user", "a", "/a", { chown: "nobody" }, "USER_UNKNOWN"],
    ["an unknown group", "a", "/a", { chown: "app:nobody" }, "USER_UNKNOWN"],
    ["a name that means a removal", "reserved", "/", {}, "FILE_NAME_RESERVED"],
  ] satisfies [string, string, string, CopyOptions, string][])(
    "refuses %s",
    async (_name, include, destination, more, code) => {
      await using bench = await workbench();
      bench.write({ a: "a", "tree/tmp/y": "y", "linked/motd/x": "", "reserved/.wh.x": "" });
      const tree = await bench.tree(...base, dir("y"), link("motd", "nowhere"));
      await expect(bench.run(copy(bench, include, destination, more), { base: tree })).rejects.toMatchObject({
        code,
      });
    },
  );

  it("does not look at the base with link", async () => {
    await using bench = await workbench();
    bench.write({ a: "a" });
    const options: PlanOptions = {
      base: { ...(await bench.tree()), layers: [{ diffId: `sha256:${"0".repeat(64)}` }] },
      link: true,
    };
    expect(await bench.run(copy(bench, "a", "/tmp/", { chown: "5:6" }), options)).toEqual([
      "tmp/",
      'tmp/a "a" 5:6',
    ]);
    await expect(bench.run(copy(bench, "a", "/", { chown: "app" }), options)).rejects.toMatchObject({
      code: "OWNER_NEEDS_BASE",
    });
  });
});

describe("copy from an image", () => {
  const source = [
    dir("opt", 0o700),
    dir("opt/app", 0o710, 5, 6),
    file("opt/app/bin", "bin", {
      mode: 0o4755,
      uid: 5,
      gid: 6,
      xattrs: new Map([["security.capability", Buffer.from("cap")]]),
    }),
    hard("opt/app/same", "opt/app/bin"),
    link("opt/app/link", "bin"),
    link("opt/current", "/opt/app"),
    file("opt/app/data", "data", { uid: 7, gid: 7 }),
  ];
  const from = { source: { type: "input", input: 0 } } as const;

  it("keeps modes, owners, attributes and hard links, but not what the copied directory itself has", async () => {
    await using bench = await workbench();
    const sources = [await bench.tree(...source)];
    expect(await bench.run(copy(bench, "/opt/app", "/app", from), { sources })).toEqual([
      "app/",
      'app/bin "bin" 4755 5:6 security.capability=cap',
      'app/data "data" 7:7',
      "app/link -> bin",
      "app/same = app/bin 4755 5:6",
    ]);
    expect(await bench.run(copy(bench, "/opt", "/", from), { sources })).toContain("app/ 710 5:6");
  });

  it("gives all of it an owner when one is named", async () => {
    await using bench = await workbench();
    const sources = [await bench.tree(...source)];
    expect(
      await bench.run(copy(bench, "/opt/current", "/app", { ...from, chown: "1:2" }), { sources }),
    ).toEqual([
      "app/ 1:2",
      'app/bin "bin" 4755 1:2 security.capability=cap',
      'app/data "data" 1:2',
      "app/link -> bin 1:2",
      "app/same = app/bin 4755 1:2",
    ]);
  });

  it("makes a file of one name of a file with several", async () => {
    await using bench = await workbench();
    const sources = [await bench.tree(...source)];
    expect(await bench.run(copy(bench, "/opt/app/same", "/x", from), { sources })).toEqual([
      'x "bin" 4755 5:6 security.capability=cap',
    ]);
  });

  it("says what is there when nothing matches", async () => {
    await using bench = await workbench();
    const sources = [await bench.tree(...source)];
    await expect(bench.run(copy(bench, "/opt/apps", "/", from), { sources })).rejects.toMatchObject({
      code: "COPY_NO_MATCH",
      hint: expect.stringContaining("app") as string,
    });
  });
});

describe("a copy that cannot be", () => {
  it.each([
    ["matches nothing", "missing.txt", "/", "COPY_NO_MATCH"],
    ["has a pattern that matches nothing", "*.png", "/", "COPY_NO_MATCH"],
    ["goes below a file", "a.txt/x", "/", "COPY_NO_MATCH"],
    ["leaves the context", "../x", "/", "PATH_OUTSIDE_CONTEXT"],
    ["leaves the context later", "a/../../x", "/", "PATH_OUTSIDE_CONTEXT"],
    ["has an open bracket", "[a", "/", "COPY_PATTERN_INVALID"],
    ["has a range that runs backwards", "[z-a]", "/", "COPY_PATTERN_INVALID"],
    ["has several matches and one name", "*.txt", "/x", "COPY_DESTINATION_INVALID"],
    ["has several sources and one name", ["a.txt", "b.txt"], "/x", "COPY_DESTINATION_INVALID"],
    ["goes over a directory of another source", ["docs", "index/docs"], "/", "FILE_CONFLICT"],
  ] as const)("%s", async (_name, include, destination, code) => {
    await using bench = await workbench();
    bench.write({ "a.txt": "", "b.txt": "", "docs/docs/x": "", "index/docs": "" });
    await expect(bench.run(copy(bench, include, destination))).rejects.toMatchObject({ code });
  });

  it("says that .dockerignore hides the file, and how to get it", async () => {
    await using bench = await workbench();
    bench.write({ "secret.txt": "", ".dockerignore": "*.txt" });
    await expect(bench.run(copy(bench, "secret.txt", "/"))).rejects.toMatchObject({
      code: "COPY_NO_MATCH",
      message: expect.stringContaining(".dockerignore") as string,
      hint: expect.stringContaining("!secret.txt") as string,
    });
  });

  it("names what may have been meant", async () => {
    await using bench = await workbench();
    bench.write({ "src/package.json": "", "src/pack.js": "", "src/other": "" });
    await expect(bench.run(copy(bench, "src/packages.json", "/"))).rejects.toMatchObject({
      hint: 'in "src" there is package.json, pack.js, other',
    });
  });
});
