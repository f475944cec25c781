import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { fillVolume } from "../../../core/run/volumes/fill-volume.ts";
import { Volumes } from "../../../core/run/volumes/volumes.ts";
import { requires } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const { signal } = new AbortController();
const open = (home: string): Volumes =>
  new Volumes(home, (directory) => fs.promises.rm(directory, { recursive: true, force: true }));

/** A container's record, as far as volumes look at it. */
function useVolume(home: string, container: string, volume: string): void {
  const directory = path.join(home, "containers", container.padEnd(64, "0"));
  fs.mkdirSync(directory, { recursive: true });
  const mounts = [
    { type: "volume", name: volume, source: "", target: "/data", anonymous: false, readonly: false },
  ];
  fs.writeFileSync(path.join(directory, "config.json"), JSON.stringify({ name: container, mounts }));
}

describe("volumes", () => {
  it("are not there by names that none can have, whatever lies at such a path", async () => {
    await using tmp = temporaryDirectory();
    const volumes = open(tmp.path);
    const { mountpoint } = volumes.create({ name: "data" });
    fs.cpSync(path.dirname(mountpoint), path.join(tmp.path, "data", "outside"), { recursive: true });
    for (const name of ["n".repeat(300), "../outside", "data/", ".", "", "a\0b"]) {
      expect(volumes.has(name), name).toBe(false);
      expect(() => volumes.get(name), name).toThrow("there is no volume");
      await expect(volumes.remove(name), name).rejects.toMatchObject({ code: "VOLUME_NOT_FOUND" });
    }
    expect(fs.existsSync(path.join(tmp.path, "data", "outside", "volume.json"))).toBe(true);
  });

  it("are made once, listed by name, and removed unless a container uses them", async () => {
    await using tmp = temporaryDirectory();
    const volumes = open(tmp.path);
    expect(volumes.list()).toEqual([]);
    const made = volumes.create({ name: "data", labels: { a: "b" } });
    fs.writeFileSync(path.join(made.mountpoint, "kept"), "x");
    expect(volumes.create({ name: "data", labels: { a: "other" } })).toEqual(made);
    const anonymous = volumes.create();
    expect(anonymous.name).toMatch(/^[0-9a-f]{64}$/);
    expect(volumes.list().map(({ name }) => name)).toEqual([anonymous.name, "data"].sort());
    useVolume(tmp.path, "c1", "data");
    await expect(volumes.remove("data")).rejects.toMatchObject({ code: "VOLUME_IN_USE" });
    await expect(volumes.remove("nothing")).rejects.toMatchObject({ code: "VOLUME_NOT_FOUND" });
    expect(await volumes.prune({ all: true })).toMatchObject({ names: [anonymous.name] });
    fs.rmSync(path.join(tmp.path, "containers"), { recursive: true });
    expect(await volumes.prune({ all: false })).toEqual({ names: [], freed: 0 });
    expect(await volumes.prune({ all: true })).toEqual({ names: ["data"], freed: 1 });
    expect(fs.readdirSync(path.join(tmp.path, "data", "volumes"))).toEqual([]);
  });

  it("keep other users from the programs in them, also where earlier versions left a way", async () => {
    await using tmp = temporaryDirectory();
    const parent = path.join(tmp.path, "data", "volumes");
    fs.mkdirSync(parent, { recursive: true, mode: 0o755 });
    const { mountpoint } = open(tmp.path).create({ name: "programs" });
    const modeOf = (file: string): number => fs.statSync(file).mode & 0o777;
    expect([modeOf(parent), modeOf(path.dirname(mountpoint)), modeOf(mountpoint)]).toEqual([
      0o700, 0o700, 0o755,
    ]);
  });

  it.each(["", "a", "../x", "a/b", ".hidden", "a b", "a\n", "x".repeat(256)])(
    "refuse the name %j",
    async (name) => {
      await using tmp = temporaryDirectory();
      expect(() => open(tmp.path).create({ name })).toThrow(/cannot be the name/);
    },
  );

  it.skipIf(!requires("root", "setfattr"))(
    "take over what the image has there, as overlayfs shows it",
    async () => {
      await using tmp = temporaryDirectory();
      const below = (name: string): string => path.join(tmp.path, name);
      const [one, two] = [below("one/srv/data"), below("two/srv/data")];
      for (const directory of [`${one}/sub`, `${one}/gone`, `${one}/opaque`, `${two}/sub`, `${two}/opaque`])
        fs.mkdirSync(directory, { recursive: true });
      for (const file of [`${one}/a`, `${one}/hidden`, `${one}/sub/b`, `${one}/gone/c`, `${one}/opaque/d`])
        fs.writeFileSync(file, "one");
      for (const file of [`${two}/a`, `${two}/opaque/e`]) fs.writeFileSync(file, "two");
      fs.chmodSync(`${two}/a`, 0o4751);
      fs.chownSync(`${two}/sub`, 33, 34);
      fs.symlinkSync("a", `${two}/link`);
      for (const name of ["hidden", "gone"]) spawnSync("mknod", [`${two}/${name}`, "c", "0", "0"]);
      spawnSync("mkfifo", [`${two}/fifo`]);
      spawnSync("setfattr", ["-n", "trusted.overlay.opaque", "-v", "y", `${two}/opaque`]);
      spawnSync("setfattr", ["-n", "user.mark", "-v", "1", `${two}/a`]);
      fs.chownSync(two, 33, 33);
      fs.chmodSync(two, 0o1770);
      const volumes = open(below("home"));
      const volume = volumes.create({ name: "data" });
      const before = fs.statSync(volume.mountpoint).ino;
      await fillVolume({ volume, lower: [below("one"), below("two")], target: "/srv/data" }, signal);
      const names = fs.readdirSync(volume.mountpoint, { recursive: true }).sort();
      expect(names).toEqual(["a", "fifo", "link", "opaque", "opaque/e", "sub", "sub/b"]);
      const at = (name: string): fs.Stats => fs.lstatSync(path.join(volume.mountpoint, name));
      expect(fs.readFileSync(path.join(volume.mountpoint, "a"), "utf8")).toBe("two");
      expect(at("a").mode & 0o7777).toBe(0o4751);
      expect([at("sub").uid, at("sub").gid]).toEqual([33, 34]);
      expect(at("fifo").isFIFO()).toBe(true);
      expect([at("").uid, at("").mode & 0o7777, at("").ino]).toEqual([33, 0o1770, before]);
      expect(fs.readdirSync(path.dirname(volume.mountpoint)).sort()).toEqual(["_data", "volume.json"]);

      fs.rmSync(path.join(volume.mountpoint, "sub"), { recursive: true });
      await fillVolume({ volume, lower: [below("one")], target: "/srv/data" }, signal);
      expect(fs.existsSync(path.join(volume.mountpoint, "sub"))).toBe(false);
      const other = volumes.create({ name: "other" });
      await fillVolume({ volume: other, lower: [below("one")], target: "/nothing" }, signal);
      expect(fs.readdirSync(other.mountpoint)).toEqual([]);
    },
  );

  it("finishes what was cut short, and copies once for containers that begin together", async () => {
    await using tmp = temporaryDirectory();
    const image = path.join(tmp.path, "image");
    fs.mkdirSync(`${image}/data`, { recursive: true });
    for (let count = 0; count < 20; count++) fs.writeFileSync(`${image}/data/f${count}`, "x");
    const volume = open(path.join(tmp.path, "home")).create({ name: "data" });
    fs.mkdirSync(path.join(path.dirname(volume.mountpoint), "partial"));
    const fill = () => fillVolume({ volume, lower: [image], target: "/data" }, signal);
    await Promise.all([fill(), fill(), fill()]);
    expect(fs.readdirSync(volume.mountpoint)).toHaveLength(20);
  });
});
