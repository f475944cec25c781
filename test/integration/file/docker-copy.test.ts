import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FileAction } from "../../../core/graph/operation.ts";
import { indexLayer } from "../../../core/oci/layer/index-layer.ts";
import { type FileTree, mergeLayers } from "../../../core/oci/layer/tree.ts";
import { type Dockerd, startDockerd } from "../../support/dockerd.ts";
import { findProgram, requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import {
  copy,
  type CopyOptions,
  describe as describeEntry,
  type Workbench,
  workbench,
} from "../../unit/file/support.ts";

/** What lies in the base: packed by GNU tar for docker, read from the same tar by us. */
const base: Readonly<Record<string, string | null>> = {
  "usr/bin/tool": "old",
  "usr/lib/": null,
  bin: "-> usr/bin",
  lib: "-> /usr/lib",
  "etc/motd": "-> ../home/motd",
  "home/app/x": "base",
  "opt/deep/er/": null,
  "etc/passwd": "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n",
  "etc/group": "root:x:0:\napp:x:1001:\nstaff:x:50:app\n",
};

const files = {
  "a.txt": "a",
  "b.txt": "b",
  "src/index.js": "index",
  "src/lib/one.js": "one",
  "src/lib/deep/two.js": "two",
  "docs/guide.md": "guide",
  "docs/api/index.md": "api",
  "empty/": "",
  ".hidden": "hidden",
  "a[0]": "bracket",
  "ignored/yes": "",
  "ignored/no": "",
  "usr-tree/usr/bin/new": "new",
  "usr-tree/usr/bin/tool": "new",
  ".dockerignore": "ignored\n!ignored/no\n",
};

interface Case {
  readonly from: "scratch" | "base";
  /** From an image with owners, modes and hard links instead of the context. */
  readonly stage?: true;
  readonly include: string | readonly string[];
  readonly destination: string;
  readonly more?: CopyOptions;
}

const cases: readonly Case[] = [
  { from: "scratch", include: "a.txt", destination: "/x" },
  { from: "scratch", include: "a.txt", destination: "/app/" },
  { from: "scratch", include: "a.txt", destination: "/u/v/x" },
  { from: "scratch", include: "docs", destination: "/d" },
  { from: "scratch", include: "docs/", destination: "/d/" },
  { from: "scratch", include: "/docs/guide.md", destination: "/" },
  { from: "scratch", include: "empty", destination: "/e" },
  { from: "scratch", include: ["a.txt", "docs/api"], destination: "/d/" },
  { from: "scratch", include: "*.txt", destination: "/d/" },
  { from: "scratch", include: "[a-b].tx?", destination: "/d/" },
  { from: "scratch", include: "a[[]0]", destination: "/x" },
  { from: "scratch", include: "s*", destination: "/d/" },
  { from: "scratch", include: "src/*/one.js", destination: "/d/" },
  { from: "scratch", include: ".", destination: "/all/" },
  { from: "scratch", include: "ignored", destination: "/d/" },
  { from: "scratch", include: "docs", destination: "/x/y", more: { chown: "7:8" } },
  { from: "scratch", include: "a.txt", destination: "/x/y", more: { chown: "7" } },
  { from: "base", include: "a.txt", destination: "/bin/" },
  { from: "base", include: "a.txt", destination: "/bin" },
  { from: "base", include: "a.txt", destination: "/lib/x/" },
  { from: "base", include: "a.txt", destination: "/usr/bin/tool" },
  { from: "base", include: "a.txt", destination: "/etc/motd" },
  { from: "base", include: "docs", destination: "/opt/deep" },
  { from: "base", include: "usr-tree", destination: "/" },
  { from: "base", include: "a.txt", destination: "/new/a", more: { chown: "app:staff" } },
  { from: "base", include: "docs", destination: "/home/app", more: { chown: "app:app" } },
  { from: "scratch", stage: true, include: "/opt/app", destination: "/app" },
  { from: "scratch", stage: true, include: "/opt", destination: "/" },
  { from: "scratch", stage: true, include: "/opt/current/same", destination: "/bin/" },
  { from: "scratch", stage: true, include: "/opt/app/link", destination: "/" },
  { from: "scratch", stage: true, include: "/opt/*/l*", destination: "/" },
  { from: "scratch", stage: true, include: "/opt/app", destination: "/app", more: { chown: "3:4" } },
  { from: "base", stage: true, include: "/opt/app/run", destination: "/usr/bin/tool" },
];

const instruction = ({ include, destination, stage, more }: Case): string => {
  const source = stage === true ? "--from=stage " : "";
  const chown = more?.chown === undefined ? "" : `--chown=${more.chown} `;
  return `COPY ${source}${chown}${JSON.stringify([...(typeof include === "string" ? [include] : include), destination])}`;
};

/** Debian's client, which brings BuildKit's own; a later one needs a plugin for it. */
const client = fs.existsSync("/usr/bin/docker") ? "/usr/bin/docker" : (findProgram("docker") ?? "docker");

describe.skipIf(!requires("dockerd", "root"))("docker's COPY and ours give the same files", () => {
  let daemon: Dockerd;
  let bench: Workbench;
  let baseTar: string;
  let stageTar: string;
  const tmp = temporaryDirectory();

  beforeAll(async () => {
    daemon = await startDockerd();
    bench = await workbench();
    bench.write(files);
    fs.chmodSync(path.join(bench.directory, "src/index.js"), 0o755);
    baseTar = makeBase(tmp.path);
    stageTar = makeStage(tmp.path);
    daemon.docker("import", baseTar, "base:latest");
    daemon.docker("import", stageTar, "stage:latest");
  });

  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
    await daemon[Symbol.asyncDispose]();
    await tmp[Symbol.asyncDispose]();
  });

  for (const one of cases) {
    it(`${one.from}: ${instruction(one)}`, async () => {
      const { from, stage, include, destination, more = {} } = one;
      const under = from === "base" ? { base: await bench.tree(...indexLayer(baseTar)) } : {};
      const source: CopyOptions =
        stage === true ? { source: { type: "input", input: from === "base" ? 1 : 0 } } : {};
      const action: FileAction = copy(bench, include, destination, { ...more, ...source });
      const planned = await bench.plan(action, {
        ...under,
        sources: [await bench.tree(...indexLayer(stageTar))],
      });
      const { entries } = await planned.open();
      const lower = from === "base" ? [indexLayer(baseTar)] : [];
      const ours = mergeLayers([...lower, entries]);
      expect(linesOf(ours)).toEqual(linesOf(built(one)));
    });
  }

  /** What docker makes of the instruction. */
  function built(one: Case): FileTree {
    const dockerfile = path.join(tmp.path, "Dockerfile");
    fs.writeFileSync(dockerfile, `FROM stage AS stage\nFROM ${one.from}\n${instruction(one)}\n`);
    const args = ["--host", daemon.host, "build", "--quiet", "--file", dockerfile, bench.directory];
    const { status, stdout, stderr } = spawnSync(client, args, {
      encoding: "utf8",
      env: { ...process.env, DOCKER_BUILDKIT: "1", DOCKER_CONFIG: tmp.path },
    });
    if (status !== 0) throw new Error(stderr);
    return imageTree(stdout.trim());
  }

  function imageTree(id: string): FileTree {
    const saved = fs.mkdtempSync(path.join(tmp.path, "saved-"));
    daemon.docker("save", "--output", path.join(saved, "image.tar"), id);
    execFileSync("tar", ["-xf", "image.tar"], { cwd: saved });
    const manifest = JSON.parse(fs.readFileSync(path.join(saved, "manifest.json"), "utf8")) as {
      Layers: string[];
    }[];
    return mergeLayers((manifest[0]?.Layers ?? []).map((layer) => indexLayer(path.join(saved, layer))));
  }
});

function makeBase(directory: string): string {
  const root = path.join(directory, "base");
  for (const [name, text] of Object.entries(base)) {
    const target = path.join(root, name);
    fs.mkdirSync(name.endsWith("/") ? target : path.dirname(target), { recursive: true });
    if (text?.startsWith("-> ") === true) fs.symlinkSync(text.slice(3), target);
    else if (text !== null) fs.writeFileSync(target, text);
  }
  const tar = path.join(directory, "base.tar");
  const names = fs.readdirSync(root);
  execFileSync("tar", ["--owner=0", "--group=0", "--mtime=@0", "-cf", tar, "-C", root, ...names]);
  return tar;
}

/** An image whose files have owners, modes and several names. */
function makeStage(directory: string): string {
  const root = path.join(directory, "stage");
  const below = (name: string) => path.join(root, "opt", name);
  fs.mkdirSync(below("app/deep"), { recursive: true });
  fs.writeFileSync(below("app/run"), "run");
  fs.linkSync(below("app/run"), below("app/same"));
  fs.linkSync(below("app/run"), below("app/deep/same"));
  fs.writeFileSync(below("app/deep/secret"), "secret");
  fs.symlinkSync("run", below("app/link"));
  fs.symlinkSync("/opt/app", below("current"));
  fs.chmodSync(below("app/run"), 0o4755);
  fs.chmodSync(below("app/deep/secret"), 0o400);
  fs.chmodSync(below("app/deep"), 0o2750);
  fs.chmodSync(below("app"), 0o711);
  const tar = path.join(directory, "stage.tar");
  execFileSync("tar", ["--owner=5", "--group=6", "--mtime=@0", "-cf", tar, "-C", root, "opt"]);
  return tar;
}

/** All but times: docker keeps those of the context. */
const linesOf = (tree: FileTree): readonly string[] => [...tree].map(describeEntry);
