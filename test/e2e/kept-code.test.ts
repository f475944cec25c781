import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { CliWorkspace } from "../support/cli.ts";
import { otherUser } from "../support/other-user.ts";
import { requires } from "../support/requires.ts";

describe("the compiled code of tsdock that is kept", () => {
  it("is made anew where it is damaged, of something else, or another's to write", async () => {
    await using one = new CliWorkspace();
    one.write(
      "a.image.ts",
      'import { image, scratch } from "tsdock"; export const a = image().from(scratch);',
    );
    const graph = async (): Promise<string> => {
      const { exitCode, stdout, stderr } = await one.run(["graph"]);
      expect([exitCode, stderr]).toEqual([0, ""]);
      return stdout;
    };
    await one.run(["build"]);
    const shown = await graph();
    const file = one.path(".home/compiled/graph");
    const kept = fs.readFileSync(file);
    const inode = (): number => fs.statSync(file).ino;
    const first = inode();
    expect(await graph()).toBe(shown);
    expect(inode()).toBe(first);

    const middle = kept.length >> 2;
    const damaged: Readonly<Record<string, Buffer>> = {
      flipped: Buffer.concat([kept.subarray(0, middle), Buffer.alloc(64), kept.subarray(middle + 64)]),
      short: kept.subarray(0, middle),
      zeros: Buffer.alloc(kept.length),
      empty: Buffer.alloc(0),
      other: Buffer.from(kept.toString("latin1").replaceAll(process.version, "v20.0.0"), "latin1"),
    };
    for (const [name, bytes] of Object.entries(damaged)) {
      fs.writeFileSync(file, bytes);
      expect(await graph(), name).toBe(shown);
      expect(fs.readFileSync(file).length, name).toBeGreaterThan(middle);
      expect(fs.readFileSync(file).equals(bytes), name).toBe(false);
    }
    fs.writeFileSync(file, kept);
    fs.chmodSync(file, 0o666);
    expect(await graph()).toBe(shown);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });

  it.skipIf(!requires("unprivileged-users"))("is done without where nothing can be kept", async () => {
    using user = otherUser();
    await using one = new CliWorkspace(undefined, user);
    expect(await one.run(["image", "ls", "-q"])).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    const directory = one.path(".home/compiled");
    for (const file of fs.readdirSync(directory)) fs.rmSync(`${directory}/${file}`);
    fs.chownSync(directory, 0, 0);
    fs.chmodSync(directory, 0o700);
    expect(await one.run(["image", "ls", "-q"])).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  it("is not kept for what is no command", async () => {
    await using one = new CliWorkspace();
    await one.run(["build"]);
    await one.run(["nonsense"]);
    expect(fs.existsSync(one.path(".home/compiled/nonsense"))).toBe(false);
  });
});
