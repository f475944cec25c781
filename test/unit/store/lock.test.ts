import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { acquireLock, lockLitter, tryLock } from "../../../core/oci/store/lock.ts";
import { isAbandoned, processOwner, uniqueOwner } from "../../../core/oci/store/process-owner.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** No process has this number: the largest that Linux gives is one less. */
const deadOwner = uniqueOwner().replace(/^\d+/, "4194304");

describe("acquireLock", () => {
  it("lets one in at a time", async () => {
    await using tmp = temporaryDirectory();
    const file = path.join(tmp.path, "lock");
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      await using _lock = await acquireLock(file);
      most = Math.max(most, ++inside);
      await new Promise(setImmediate);
      inside--;
    };
    await Promise.all(Array.from({ length: 20 }, work));
    expect(most).toBe(1);
    expect(fs.readdirSync(tmp.path)).toEqual([]);
  });

  it("stops waiting when it is aborted and leaves nothing", async () => {
    await using tmp = temporaryDirectory();
    const file = path.join(tmp.path, "lock");
    await using _lock = await acquireLock(file);
    await expect(acquireLock(file, AbortSignal.timeout(15))).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await tryLock(file)).toBeUndefined();
    expect(fs.readdirSync(tmp.path)).toEqual(["lock"]);
  });

  it("takes over from a dead owner, and from a dead successor of a dead owner", async () => {
    await using tmp = temporaryDirectory();
    const file = path.join(tmp.path, "lock");
    for (const owner of [deadOwner, "", "nonsense"]) {
      fs.writeFileSync(file, owner);
      await using _lock = await acquireLock(file, AbortSignal.timeout(30_000));
      expect(fs.readFileSync(file, "utf8").startsWith(processOwner())).toBe(true);
      expect(fs.readdirSync(tmp.path)).toEqual(["lock"]);
    }
    // A successor that dies between its claim and the rename leaves both.
    fs.writeFileSync(file, deadOwner);
    const { createHash } = await import("node:crypto");
    const claim = `${file}.after.${createHash("sha256").update(deadOwner).digest("hex").slice(0, 16)}`;
    fs.writeFileSync(claim, `${deadOwner}0`);
    {
      await using _lock = await acquireLock(file, AbortSignal.timeout(30_000));
      expect(fs.readdirSync(tmp.path)).toEqual(["lock"]);
    }
    // A successor that lives is waited for.
    fs.writeFileSync(file, deadOwner);
    fs.writeFileSync(claim, uniqueOwner());
    await expect(acquireLock(file, AbortSignal.timeout(15))).rejects.toMatchObject({ name: "TimeoutError" });
  });

  it("knows litter from locks", async () => {
    await using tmp = temporaryDirectory();
    for (const name of ["index", `index.${uniqueOwner()}`, `index.${deadOwner}`])
      fs.writeFileSync(path.join(tmp.path, name), "");
    expect(lockLitter(tmp.path)).toEqual([path.join(tmp.path, `index.${deadOwner}`)]);
  });
});

describe("isAbandoned", () => {
  it("tells processes by more than their number", async () => {
    await using tmp = temporaryDirectory();
    const [pid = "", start = "", boot = "", namespace = ""] = processOwner().split(".");
    const gone = (owner: string, now?: number): boolean => isAbandoned(owner, tmp.path, now);
    expect(gone(processOwner())).toBe(false);
    expect(gone([pid, `${start}1`, boot, namespace].join("."))).toBe(true);
    expect(gone([pid, start, "00000000", namespace].join("."))).toBe(true);
    expect(gone([pid, start, boot, "1"].join("."))).toBe(false);
    expect(gone([pid, start, boot, "1"].join("."), Date.now() + 600_000)).toBe(true);
  });
});
