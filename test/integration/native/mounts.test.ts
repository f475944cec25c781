import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SandboxMount } from "../../../core/oci/runtime/sandbox.ts";
import {
  busyboxTree,
  execute,
  isThere,
  namesBelow,
  openNative,
  runtimes,
  shell,
  temporaryDirectory,
} from "./support.ts";

let directory: string;
let base: string;
let source: string;

beforeEach(() => {
  directory = temporaryDirectory();
  base = busyboxTree(directory);
  source = path.join(directory, "source");
  fs.mkdirSync(source);
  fs.writeFileSync(path.join(source, "file"), "content\n");
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const secret = (
  target: string,
  more: Partial<Extract<SandboxMount, { type: "file" }>> = {},
): SandboxMount => ({
  type: "file",
  content: Buffer.from("hunter2-".repeat(2_000)),
  target,
  mode: 0o400,
  uid: 0,
  gid: 0,
  ...more,
});

describe.each(runtimes.map((name) => ({ name })))("mounts by $name", ({ name }) => {
  const test = it.skipIf(!isThere(name));

  test("a directory may be written to or not, and its target is not in the layer", async () => {
    await using executor = await openNative(directory, name);
    const mounts: SandboxMount[] = [
      { type: "bind", source, target: "/missing/rw", readonly: false },
      { type: "bind", source, target: "/root/.cache/ro", readonly: true },
      { type: "bind", source: path.join(source, "file"), target: "/etc/one-file", readonly: true },
    ];
    const script =
      "cat /etc/one-file; echo new >/missing/rw/new; cat /root/.cache/ro/new; touch /root/.cache/ro/no 2>/dev/null || echo refused";
    const ran = await execute(executor, directory, { lower: [base], argv: shell(script), mounts });
    expect(ran.log).toContain("content\nnew\n");
    expect(ran.log).toContain("refused");
    expect(ran).toMatchObject({ exitCode: 0 });
    expect(ran.layer).toBeUndefined();
    expect(fs.readdirSync(source).sort()).toEqual(["file", "new"]);
  });

  test("the parents of a missing target keep owner, mode and time", async () => {
    await using executor = await openNative(directory, name);
    const home = path.join(base, "home");
    fs.mkdirSync(home);
    fs.chownSync(home, 7, 8);
    fs.chmodSync(home, 0o1771);
    fs.utimesSync(home, 500, 500);
    const mounts: SandboxMount[] = [{ type: "bind", source, target: "/home/.npm", readonly: false }];
    const script = "stat -c '%u:%g %a %Y' /home; touch /home/own";
    const ran = await execute(executor, directory, { lower: [base], argv: shell(script), mounts });
    expect(ran.log).toBe("7:8 1771 500\n");
    expect(namesBelow(ran.snapshot)).toEqual(["home/", "home/own"]);
    const { uid, gid, mode } = fs.statSync(path.join(ran.snapshot, "home"));
    expect([uid, gid, mode & 0o7777]).toEqual([7, 8, 0o1771]);
  });

  test("targets that whiteouts or opaque directories hide leave nothing either", async () => {
    await using executor = await openNative(directory, name);
    fs.mkdirSync(path.join(base, "opt/deep"), { recursive: true });
    const hid = await execute(executor, directory, {
      lower: [base],
      argv: shell("rm -r /opt /etc; mkdir /opt /etc; touch /opt/kept"),
    });
    expect(hid.exitCode).toBe(0);
    const mounts: SandboxMount[] = [{ type: "bind", source, target: "/opt/deep", readonly: true }];
    const script = "cat /opt/deep/file; ls /opt; cat /etc/hosts >/dev/null";
    const ran = await execute(executor, directory, {
      lower: [base, hid.snapshot],
      argv: shell(script),
      mounts,
    });
    expect(ran.log).toBe("content\ndeep\nkept\n");
    expect(ran.layer).toBeUndefined();
  });

  test("links in the image lead mounts to places in the image", async () => {
    await using executor = await openNative(directory, name);
    fs.symlinkSync("/real/place", path.join(base, "link"));
    fs.symlinkSync("../../../../run/resolv.conf", path.join(base, "etc/resolv.conf"));
    const mounts: SandboxMount[] = [{ type: "bind", source, target: "/link/below", readonly: true }];
    const ran = await execute(executor, directory, {
      lower: [base],
      argv: shell("cat /real/place/below/file"),
      mounts,
    });
    expect(ran.log).toBe("content\n");
    expect(ran.layer).toBeUndefined();
    expect(fs.existsSync("/real/place")).toBe(false);
  });

  test("a tree takes writes and throws them away", async () => {
    await using executor = await openNative(directory, name);
    const upper = path.join(directory, "upper-tree");
    fs.mkdirSync(path.join(upper, "etc"), { recursive: true });
    fs.writeFileSync(path.join(upper, "etc/extra"), "extra\n");
    const tree = { type: "tree", lower: [base, upper], path: "/etc" } as const;
    const mounts: SandboxMount[] = [
      { ...tree, target: "/mnt", readonly: false },
      { ...tree, target: "/fixed", readonly: true },
      { ...tree, path: "/etc/extra", target: "/one", readonly: true },
    ];
    const script =
      "cat /mnt/extra /one; grep -c root /mnt/passwd; echo x >/mnt/new; ls /fixed; touch /fixed/no 2>/dev/null || echo refused";
    const ran = await execute(executor, directory, { lower: [base], argv: shell(script), mounts });
    expect(ran.log).toContain("extra\nextra\n1\nextra\ngroup\npasswd\n");
    expect(ran.log).toContain("refused");
    expect(ran.layer).toBeUndefined();
    expect(namesBelow(upper)).toEqual(["etc/", "etc/extra"]);
  });

  test("a tmpfs is empty, has its size and vanishes", async () => {
    await using executor = await openNative(directory, name);
    const mounts: SandboxMount[] = [{ type: "tmpfs", target: "/root", size: 65_536 }];
    const script =
      "ls -A /root; echo x >/root/x; stat -f -c '%T' /root || true; dd if=/dev/zero of=/root/big bs=1k count=100 2>/dev/null || echo full";
    fs.symlinkSync("busybox", path.join(base, "bin/dd"));
    fs.writeFileSync(path.join(base, "root/hidden"), "");
    const ran = await execute(executor, directory, { lower: [base], argv: shell(script), mounts });
    expect(ran.log).toContain("full");
    expect(ran.log).not.toContain("hidden");
    expect(ran.layer).toBeUndefined();
  });

  test("a secret has mode and owner and is nowhere else", async () => {
    await using executor = await openNative(directory, name);
    const mounts = [
      secret("/run/secrets/token", { mode: 0o440, uid: 1234, gid: 50 }),
      secret("/run/secrets/other"),
    ];
    const script = [
      "stat -c '%u:%g %a %s' /run/secrets/token /run/secrets/other",
      "grep -c unter2-h /run/secrets/token",
      "echo y >/made",
    ].join("; ");
    let onDisk = "";
    const watch = setInterval(() => {
      onDisk += everythingBelow(path.join(directory, "state")) + commandLines();
    }, 5);
    const ran = await execute(executor, directory, {
      lower: [base],
      argv: shell(`${script}; sleep 0.2`),
      env: ["TOKEN=hunter2-in-env"],
      mounts,
    });
    clearInterval(watch);
    expect(ran.log).toBe("1234:50 440 16000\n0:0 400 16000\n1\n");
    expect(onDisk.length).toBeGreaterThan(0);
    expect(onDisk).not.toContain("hunter2");
    expect(fs.readFileSync(ran.tar, "latin1")).not.toContain("hunter2");
    expect(namesBelow(ran.snapshot)).toEqual(["made"]);
  });

  test("outer targets come before inner ones, whatever their order", async () => {
    await using executor = await openNative(directory, name);
    fs.mkdirSync(path.join(source, "inner"));
    const mounts: SandboxMount[] = [
      { type: "tmpfs", target: "/outer/inner" },
      { type: "bind", source, target: "/outer", readonly: false },
    ];
    const script = "cat /outer/file; echo x >/outer/inner/gone";
    const ran = await execute(executor, directory, { lower: [base], argv: shell(script), mounts });
    expect(ran).toMatchObject({ exitCode: 0, log: "content\n" });
    expect(fs.readdirSync(path.join(source, "inner"))).toEqual([]);
  });

  test("a source that is not there is an error before anything runs", async () => {
    await using executor = await openNative(directory, name);
    const mounts: SandboxMount[] = [
      { type: "bind", source: path.join(directory, "nothing"), target: "/x", readonly: true },
    ];
    const ran = execute(executor, directory, { lower: [base], argv: ["true"], mounts });
    await expect(ran).rejects.toMatchObject({ code: "MOUNT_SOURCE_MISSING" });
  });

  test("resolv.conf and hosts are the machine's and cannot be changed", async () => {
    await using executor = await openNative(directory, name);
    const script = "cat /etc/resolv.conf; echo x >>/etc/hosts || echo refused";
    const ran = await execute(executor, directory, { lower: [base], argv: shell(script) });
    // What it says on both streams comes in any order.
    expect(ran.log).toContain(fs.readFileSync("/etc/resolv.conf", "utf8"));
    expect(ran.log).toContain("refused");
    expect(ran.layer).toBeUndefined();
  });
});

/** Of all processes of this machine. */
function commandLines(): string {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readWhileThere(`/proc/${pid}/cmdline`))
    .join("\n");
}

/** What was there a moment ago may be gone, or be a whiteout of overlayfs, a device without bytes (ENXIO): that is no reading, and no failure. */
function whileThere<T>(read: () => T, gone: T): T {
  try {
    return read();
  } catch (error) {
    if (!["ENOENT", "ESRCH", "ENXIO"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return gone;
  }
}

const readWhileThere = (file: string): string => whileThere(() => fs.readFileSync(file, "latin1"), "");

/** The bytes of every file that can be read now; files come and go meanwhile. */
function everythingBelow(root: string): string {
  let text = "";
  for (const entry of whileThere(() => fs.readdirSync(root, { withFileTypes: true }), [])) {
    const file = path.join(root, entry.name);
    if (entry.isDirectory()) text += everythingBelow(file);
    if (entry.isFile()) text += `${entry.name} ${readWhileThere(file)}`;
  }
  return text;
}
