import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { captureTree } from "../../../core/oci/layer/capture.ts";
import { packLayerToFile } from "../../../core/oci/layer/pack-layer.ts";
import { setXattr } from "../../../core/oci/layer/xattrs.ts";
import { findProgram, requires } from "../../support/requires.ts";
import { otherUser } from "../../support/other-user.ts";
import { directoryOf, runAgent } from "./agent.ts";
import {
  busyboxTree,
  type Captured,
  execute,
  isThere,
  openNative,
  runtimes,
  shell,
  temporaryDirectory,
} from "./support.ts";

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) fs.rmSync(directory, { recursive: true, force: true });
});

/** Everything that a layer can hold and a busybox can make. */
const changes = [
  "umask 022",
  "mkdir -p /opt/tree/deep; echo 1 >/opt/tree/one; ln /opt/tree/one /opt/tree/deep/same; ln -s ../one /opt/tree/link",
  "echo x >/opt/setuid; chown 5:6 /opt/setuid; chmod 6755 /opt/setuid",
  "mkdir /opt/sticky; chmod 1777 /opt/sticky; mkfifo /opt/pipe",
  "rm -r /old/removed; rm -r /old/opaque; mkdir /old/opaque; echo new >/old/opaque/new",
  "rm /old/file; mkdir /old/file; rm -r /old/directory; echo now >/old/directory",
  "echo more >>/old/grown; chmod 600 /old/moded; chown 1234:50 /old/owned; mv /old/name /old/other",
  `: >"/opt/$(printf 'h\\303\\251 \\377')"; echo l >/opt/${"n".repeat(180)}`,
].join("\n");

function fillOld(base: string): void {
  for (const name of ["removed/deep", "opaque", "directory"])
    fs.mkdirSync(path.join(base, "old", name), { recursive: true });
  for (const name of [
    "removed/deep/x",
    "opaque/hidden",
    "file",
    "directory/x",
    "grown",
    "moded",
    "owned",
    "name",
  ]) {
    fs.writeFileSync(path.join(base, "old", name), name);
  }
}

/** The same base for every executor, as a layer: each unpacks it in its own way. */
function baseLayer(directory: string): string {
  const base = busyboxTree(directory);
  fs.symlinkSync("busybox", path.join(base, "bin/printf"));
  fillOld(base);
  const tar = path.join(directory, "base.tar");
  const entries = captureTree(base, { clampTime: 1_000 }).map((entry) => ({ ...entry, uid: 0, gid: 0 }));
  packLayerToFile(entries, tar);
  fs.chmodSync(directory, 0o755);
  return tar;
}

async function byRoot(runtime: (typeof runtimes)[number], tar: string): Promise<Captured> {
  const directory = temporaryDirectory();
  directories.push(directory);
  await using executor = await openNative(directory, runtime);
  const lower = path.join(directory, "lower");
  await executor.unpack(tar, lower, new AbortController().signal);
  return await execute(executor, directory, { lower: [lower], argv: shell(changes) });
}

const listOf = (tar: string): string =>
  spawnSync("tar", ["--numeric-owner", "--full-time", "--utc", "-tvf", tar], { encoding: "utf8" }).stdout;

describe("the layer of a step", () => {
  it.skipIf(!isThere("crun") || !isThere("runc"))(
    "has equal bytes whoever ran it",
    { timeout: 60_000 },
    async () => {
      const shared = temporaryDirectory();
      directories.push(shared);
      const tar = baseLayer(shared);
      const reference = await byRoot("crun", tar);
      expect(reference).toMatchObject({ exitCode: 0, log: "" });
      const list = listOf(reference.tar);
      for (const line of [
        /^-rwsr-sr-x 5\/6 .* opt\/setuid$/m,
        /^drwxrwxrwt .* opt\/sticky\/$/m,
        /^prw-r--r-- .* opt\/pipe$/m,
        /^h.* opt\/tree\/one link to opt\/tree\/deep\/same$/m,
        /old\/\.wh\.removed$/m,
        /old\/opaque\/\.wh\.\.wh\.\.opq$/m,
        /old\/\.wh\.name$/m,
        / 1970-01-01 00:16:40 opt\/tree\/link -> \.\.\/one$/m,
      ]) {
        expect(list).toMatch(line);
      }
      for (const runtime of runtimes) expect((await byRoot(runtime, tar)).layer).toEqual(reference.layer);
      if (!requires("unprivileged-users")) return;
      using user = otherUser();
      for (const runtime of ["crun", "kernel"] as const) {
        const directory = directoryOf(user);
        directories.push(directory);
        const lower = path.join(directory, "lower");
        const task = {
          directory,
          runtime,
          requests: [{ lower: [lower], argv: shell(changes) }],
          unpack: [{ tar, to: lower }],
        };
        const { results, describe } = await runAgent(user, task);
        expect(results[0]).toMatchObject({ exitCode: 0, layer: reference.layer });
        expect(describe).toContain("user namespace");
      }
    },
  );

  it.skipIf(!isThere("crun") || !requires("setcap"))(
    "keeps file capabilities and other attributes",
    async () => {
      const directory = temporaryDirectory();
      directories.push(directory);
      const base = busyboxTree(directory);
      const program = path.join(base, "bin/program");
      fs.writeFileSync(program, "x", { mode: 0o755 });
      expect(spawnSync(findProgram("setcap") ?? "", ["cap_net_raw+ep", program]).status).toBe(0);
      expect(setXattr(program, "user.origin", Buffer.from("here"))).toBe(true);
      await using executor = await openNative(directory, "crun");
      const ran = await execute(executor, directory, {
        lower: [base],
        argv: shell("touch -d @5 /bin/program; chmod 700 /bin/program"),
      });
      const pax = fs.readFileSync(ran.tar, "latin1");
      expect(pax).toContain("SCHILY.xattr.security.capability");
      expect(pax).toContain("SCHILY.xattr.user.origin=here");
      expect(pax).not.toContain("overlay");
    },
  );

  it.skipIf(!isThere("crun"))("leaves out what is discarded, on disk too", async () => {
    const directory = temporaryDirectory();
    directories.push(directory);
    await using executor = await openNative(directory, "crun");
    const lower = [busyboxTree(directory)];
    const capture = {
      tar: path.join(directory, "discarded.tar"),
      snapshot: path.join(directory, "discarded"),
      clampTime: 0,
      discard: ["/var/log/**", "/tmp/*.cache"],
    };
    const argv = shell(
      "mkdir -p /var/log/apt; date >/var/log/apt/history.log; echo x >/tmp/a.cache; echo y >/tmp/kept",
    );
    const ran = await execute(executor, directory, { lower, argv, capture });
    expect(ran.layer).toBeDefined();
    expect(fs.readdirSync(path.join(capture.snapshot, "tmp"))).toEqual(["kept"]);
    expect(listOf(capture.tar)).not.toMatch(/history|a\.cache/);
  });
});
