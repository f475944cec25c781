import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cgroupsOf } from "../../support/host-networks.ts";
import {
  busyboxTree,
  commandId,
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

beforeEach(() => {
  directory = temporaryDirectory();
  base = busyboxTree(directory);
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

describe.each(runtimes.map((name) => ({ name })))("a command by $name", ({ name }) => {
  const test = it.skipIf(!isThere(name));

  test("keeps what it changed and nothing else", async () => {
    await using executor = await openNative(directory, name);
    const ran = await execute(executor, directory, {
      lower: [base],
      argv: shell("echo hi >/made; rm /bin/wc"),
    });
    expect(ran).toMatchObject({ exitCode: 0, layer: { diffId: expect.stringMatching(/^sha256:/) } });
    expect(namesBelow(ran.snapshot)).toEqual(["bin/", "bin/wc", "made"]);
    expect(fs.statSync(ran.tar).size).toBe(ran.layer?.size);
    expect(fs.statSync(path.join(ran.snapshot, "made")).mtimeMs).toBe(1_000_000);
    const next = await execute(executor, directory, {
      lower: [base, ran.snapshot],
      argv: shell("cat /made; ls /bin/wc"),
    });
    expect(next.log).toContain("hi\n");
    expect(next.exitCode).not.toBe(0);
  });

  test("gives no layer where nothing changed", async () => {
    await using executor = await openNative(directory, name);
    const ran = await execute(executor, directory, { lower: [base], argv: ["true"] });
    expect(ran.exitCode).toBe(0);
    expect(ran.layer).toBeUndefined();
    expect(fs.existsSync(ran.snapshot)).toBe(false);
  });

  test("keeps nothing of a command that failed", async () => {
    await using executor = await openNative(directory, name);
    const ran = await execute(executor, directory, {
      lower: [base],
      argv: shell("echo no >/made; echo why >&2; exit 7"),
    });
    expect(ran).toMatchObject({ exitCode: 7, log: "why\n" });
    expect(ran.layer).toBeUndefined();
    expect([fs.existsSync(ran.snapshot), fs.existsSync(ran.tar)]).toEqual([false, false]);
  });

  test("tells what cannot be executed from what is not there", async () => {
    await using executor = await openNative(directory, name);
    fs.writeFileSync(path.join(base, "text"), "not a program", { mode: 0o644 });
    const codes = [];
    for (const argv of [["/nowhere"], ["nowhere"], ["/text"], shell("sh -c 'kill -9 $$'; exit $?")]) {
      codes.push((await execute(executor, directory, { lower: [base], argv })).exitCode);
    }
    expect(codes).toEqual([127, 127, 126, 137]);
  });

  test("sets user, groups, home, directory, host name and environment", async () => {
    await using executor = await openNative(directory, name);
    const script = "id; pwd; echo $HOME; hostname; echo $GREETING; stat -c '%u:%g %a' .";
    const ran = await execute(executor, directory, {
      lower: [base],
      argv: shell(script),
      user: "ann",
      cwd: "/work/deep",
      hostname: "builder",
      env: ["GREETING=Bonjour à tous 'et' \"toutes\""],
    });
    expect(ran.log).toBe(
      "uid=1234(ann) gid=1234(ann) groups=1234(ann),50(staff)\n/work/deep\n/home/ann\nbuilder\nBonjour à tous 'et' \"toutes\"\n0:0 755\n".replace(
        "groups=1234(ann),50(staff)",
        expectGroups(ran.log),
      ),
    );
    expect(namesBelow(ran.snapshot)).toEqual(["work/", "work/deep/"]);
  });

  test.each(["root", "ann"])("lets %s open its output again by name", async (user) => {
    await using executor = await openNative(directory, name);
    const script = "echo out >/dev/stdout; echo more >/proc/self/fd/1; sleep 0.05; echo error >/dev/stderr";
    const ran = await execute(executor, directory, { lower: [base], argv: shell(script), user });
    expect(ran).toMatchObject({ exitCode: 0, log: "out\nmore\nerror\n" });
  });

  test("refuses a user that the image does not know", async () => {
    await using executor = await openNative(directory, name);
    const ran = execute(executor, directory, { lower: [base], argv: ["true"], user: "nobody-here" });
    await expect(ran).rejects.toMatchObject({ code: "USER_UNKNOWN" });
  });

  test("has docker's capabilities without mknod, hides parts of /proc and has the usual devices", async () => {
    await using executor = await openNative(directory, name);
    const script =
      "exec 2>&1; grep CapEff /proc/self/status; ls /sys/firmware | wc -l; ls /dev; echo x >/dev/null; echo 1 >/proc/sys/vm/swappiness";
    const ran = await execute(executor, directory, { lower: [base], argv: shell(script) });
    expect(ran.log).toMatch(/CapEff:\t00000000a00425fb\n0\n/);
    for (const device of ["full", "null", "ptmx", "pts", "random", "shm", "tty", "urandom", "zero"]) {
      expect(ran.log.split("\n")).toContain(device);
    }
    expect(ran.log).toContain("Read-only file system");
    expect(ran.layer).toBeUndefined();
  });

  test("has no network where none is wanted, and a loopback that is up", async () => {
    await using executor = await openNative(directory, name);
    const ran = await execute(executor, directory, {
      lower: [base],
      argv: shell("ifconfig -a; cat /proc/net/route"),
      network: "none",
    });
    expect(ran.log).toContain("127.0.0.1");
    expect(ran.log).toContain("UP LOOPBACK RUNNING");
    expect(ran.log.match(/^\w+ +Link/gm)).toEqual(["lo        Link"]);
    expect(ran.log).not.toMatch(/^eth/m);
  });

  test("runs in an image without any directory", async () => {
    await using executor = await openNative(directory, name);
    const scratch = path.join(directory, "scratch");
    fs.mkdirSync(scratch);
    fs.copyFileSync(path.join(base, "bin/busybox"), path.join(scratch, "busybox"));
    const ran = await execute(executor, directory, {
      lower: [scratch],
      argv: ["/busybox", "touch", "/made"],
    });
    expect(ran).toMatchObject({ exitCode: 0 });
    expect(namesBelow(ran.snapshot)).toEqual(["made"]);
  });

  test("ends at once when it is aborted, with everything it started", async () => {
    await using executor = await openNative(directory, name);
    const aborter = new AbortController();
    const began = performance.now();
    const ran = execute(
      executor,
      directory,
      { lower: [base], argv: shell("touch /made; sleep 1000 & sleep 1000") },
      aborter.signal,
    );
    setTimeout(() => aborter.abort(new Error("stop")), 200);
    await expect(ran).rejects.toThrow("stop");
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(namesBelow(path.join(directory, "state")).filter((one) => one.split("/").length > 2)).toEqual([]);
    expect(cgroupsOf([commandId()])).toEqual([]);
  });

  test("stands on a hundred layers", async () => {
    await using executor = await openNative(directory, name);
    const lower = [base];
    for (let index = 0; index < 100; index++) {
      const layer = path.join(directory, `a-rather-long-name-for-a-layer-${"x".repeat(100)}-${index}`);
      fs.mkdirSync(path.join(layer, "shared"), { recursive: true });
      fs.writeFileSync(path.join(layer, "shared", `file${index}`), `${index}`);
      lower.push(layer);
    }
    const ran = await execute(executor, directory, {
      lower,
      argv: shell("ls /shared | wc -l; cat /shared/file99"),
    });
    expect(ran.log).toBe("100\n99");
  });
});

/** busybox's id prints the primary group among the others where the process has it there. */
const expectGroups = (log: string): string => /groups=\S+/.exec(log)?.[0] ?? "";
