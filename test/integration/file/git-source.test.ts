import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { createConnection } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { archiveGitCommit, resolveGitRef } from "../../../core/build/git-source.ts";
import { indexLayer } from "../../../core/oci/layer/index-layer.ts";
import { freePort } from "../../support/free-port.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { describe as describeEntry } from "../../unit/file/support.ts";

const { signal } = new AbortController();

interface Repository {
  readonly directory: string;
  readonly commit: string;
  git(...args: readonly string[]): string;
}

/** A repository with two commits, a branch, an annotated tag, attributes that leave files out, and a submodule's entry. */
function makeRepository(directory: string): Repository {
  const identity = [
    "-c",
    "user.name=Test",
    "-c",
    "user.email=test@example.com",
    "-c",
    "commit.gpgsign=false",
  ];
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-C", directory, ...identity, ...args], { encoding: "utf8" }).trim();
  fs.mkdirSync(path.join(directory, "sub"), { recursive: true });
  const write = (name: string, text: string) => fs.writeFileSync(path.join(directory, name), text);
  git("init", "--quiet", "--initial-branch=main");
  write("first", "first");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  git("branch", "old");
  write("run.sh", "#!/bin/sh\n");
  fs.chmodSync(path.join(directory, "run.sh"), 0o755);
  write("sub/é", "e");
  write("left-out", "not left out");
  write("filled", "$Format:%H$ $Id$\n");
  write(".gitattributes", "left-out export-ignore\nfilled export-subst ident\nsub/* filter=evil\n");
  fs.symlinkSync("run.sh", path.join(directory, "link"));
  git("add", ".");
  git("commit", "--quiet", "-m", "second");
  git("tag", "-a", "v1", "-m", "one");
  return { directory, commit: git("rev-parse", "HEAD"), git };
}

async function archived(
  repository: string,
  commit: string,
  subdirectory?: string,
): Promise<readonly string[]> {
  await using tmp = temporaryDirectory();
  const tar = path.join(tmp.path, "tar");
  await archiveGitCommit(
    { repository, commit, subdirectory },
    { directory: path.join(tmp.path, "git"), tar },
    signal,
  );
  return indexLayer(tar)
    .filter((entry) => entry.path !== "")
    .map((entry) =>
      describeEntry({
        ...entry,
        mode:
          entry.type === "file" && (entry.mode & 0o100) === 0
            ? 0o644
            : entry.type === "symlink"
              ? 0o777
              : 0o755,
      }),
    );
}

const files = [
  '.gitattributes "left-out export-ignore\nfilled export-subst ident\nsub/* filter=evil\n"',
  'filled "$Format:%H$ $Id$\n"',
  'first "first"',
  'left-out "not left out"',
  "link -> run.sh",
  'run.sh "#!/bin/sh\n" 755',
  "sub/",
  'sub/é "e"',
];

describe.skipIf(!requires("git"))("a git repository", () => {
  it("gives a commit for a branch, a tag, HEAD and itself", async () => {
    await using tmp = temporaryDirectory();
    const { directory, commit, git } = makeRepository(path.join(tmp.path, "repository"));
    const resolve = (ref: string) => resolveGitRef({ repository: `file://${directory}`, ref }, signal);
    expect(await resolve("main")).toBe(commit);
    expect(await resolve("HEAD")).toBe(commit);
    expect(await resolve("refs/heads/main")).toBe(commit);
    expect(await resolve("v1")).toBe(commit);
    expect(await resolve("old")).toBe(git("rev-parse", "old"));
    expect(await resolve(commit)).toBe(commit);
    git("branch", "feature/x", "old");
    await expect(resolve("x")).rejects.toMatchObject({ code: "GIT_REF_UNKNOWN" });
    await expect(resolve("--upload-pack=x")).rejects.toMatchObject({ code: "GIT_REF_UNKNOWN" });
    await expect(resolve(commit.slice(0, 8))).rejects.toMatchObject({ code: "GIT_REF_UNKNOWN" });
  });

  it("gives exactly the files of a commit, whatever its attributes ask for", async () => {
    await using tmp = temporaryDirectory();
    const { directory, commit, git } = makeRepository(path.join(tmp.path, "repository"));
    expect(await archived(`file://${directory}`, commit)).toEqual(files);
    expect(await archived(`file://${directory}`, commit, "/sub/")).toEqual(['é "e"']);
    expect(await archived(directory, git("rev-parse", "old"))).toEqual(['first "first"']);
  });

  it("runs no hook and no filter of the user", async () => {
    await using tmp = temporaryDirectory();
    const { directory, commit } = makeRepository(path.join(tmp.path, "repository"));
    const home = path.join(tmp.path, "home");
    const template = path.join(home, "template/hooks");
    fs.mkdirSync(template, { recursive: true });
    const proof = path.join(tmp.path, "proof");
    fs.writeFileSync(path.join(template, "reference-transaction"), `#!/bin/sh\ntouch ${proof}\n`, {
      mode: 0o755,
    });
    fs.writeFileSync(
      path.join(home, ".gitconfig"),
      `[init]\n\ttemplateDir = ${home}/template\n[filter "evil"]\n\tsmudge = touch ${proof}; cat\n\trequired = true\n`,
    );
    const before = { HOME: process.env["HOME"], GIT_DIR: process.env["GIT_DIR"] };
    Object.assign(process.env, { HOME: home, GIT_DIR: path.join(tmp.path, "elsewhere") });
    try {
      expect(await archived(`file://${directory}`, commit)).toEqual(files);
    } finally {
      process.env["HOME"] = before.HOME;
      if (before.GIT_DIR === undefined) delete process.env["GIT_DIR"];
      else process.env["GIT_DIR"] = before.GIT_DIR;
    }
    expect(fs.existsSync(proof)).toBe(false);
    expect(fs.existsSync(path.join(tmp.path, "elsewhere"))).toBe(false);
  });

  it("fails with what git said", async () => {
    await using tmp = temporaryDirectory();
    const { directory, commit } = makeRepository(path.join(tmp.path, "repository"));
    const unknown = "0".repeat(40);
    for (const work of [
      () => resolveGitRef({ repository: `file://${tmp.path}/none`, ref: "main" }, signal),
      () => archived(`file://${directory}`, unknown),
      () => archived(`file://${directory}`, commit, "no-such-directory"),
      () => resolveGitRef({ repository: "ext::sh -c true", ref: "main" }, signal),
    ]) {
      await expect(work()).rejects.toMatchObject({
        code: "GIT_FAILED",
        details: expect.stringMatching(/\S/) as string,
      });
    }
  });

  it("stops when it is told to", async () => {
    await using tmp = temporaryDirectory();
    const { directory } = makeRepository(path.join(tmp.path, "repository"));
    const stopped = AbortSignal.abort();
    await expect(resolveGitRef({ repository: directory, ref: "main" }, stopped)).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  it("may lie behind a server", async () => {
    await using tmp = temporaryDirectory();
    const { commit } = makeRepository(path.join(tmp.path, "repository"));
    const port = await freePort();
    const args = [
      "daemon",
      "--export-all",
      `--base-path=${tmp.path}`,
      "--listen=127.0.0.1",
      `--port=${port}`,
      "--reuseaddr",
    ];
    const daemon = spawn("git", args, { stdio: "ignore", detached: true });
    const ended = new Promise((resolve) => daemon.once("exit", resolve));
    try {
      await listening(port);
      const repository = `git://127.0.0.1:${port}/repository`;
      expect(await resolveGitRef({ repository, ref: "v1" }, signal)).toBe(commit);
      expect(await archived(repository, commit)).toEqual(files);
    } finally {
      if (daemon.pid !== undefined) process.kill(-daemon.pid, "SIGTERM");
      await ended;
    }
  });
});

async function listening(port: number): Promise<void> {
  for (let left = 100; ; left--) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, "127.0.0.1", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.end());
    });
    if (connected) return;
    if (left === 0) throw new Error("git daemon does not listen");
    await delay(50);
  }
}
