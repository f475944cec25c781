import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bakeWithDaemon } from "../support/bake-with-daemon.ts";
import { type ExportBench, exportBench, token } from "../support/export-bench.ts";
import { exported } from "../support/exported-images.ts";
import { readOciArchive } from "../support/read-oci-archive.ts";
import { requires } from "../support/requires.ts";
import { withoutDefaults } from "../support/without-defaults.ts";

const severalPlatforms = ["platforms", "given"];
const alike = [...exported.everywhere, ...exported.newer, "platforms", ...exported.besideTheFile];
const names = [...alike, ...exported.unlike];

describe.skipIf(
  !requires("buildx", "newer-buildkit", "dockerd", "root", "docker-registry", "busybox-static", "overlayfs"),
)("a bake file that was exported", () => {
  let bench: ExportBench;

  beforeAll(async () => {
    bench = await exportBench("none", names, { hasContainerdStore: true });
    await bake();
  }, 300_000);

  afterAll(() => bench[Symbol.asyncDispose]());

  const archive = (name: string): string => bench.workspace.path(`${name}.baked.tar`);

  async function bake(): Promise<void> {
    const { daemon, workspace } = bench;
    const file = workspace.path("docker-bake.json");
    await bench.tsdock("export", "bake", ...names, "-o", file);
    const sets = ["*.secrets=id=token,env=TOKEN"];
    bakeWithDaemon({
      daemon,
      file,
      cwd: workspace.directory,
      targets: names,
      archive,
      sets,
      env: { TOKEN: token },
    });
  }

  it.each(exported.unlike)("gives what tsdock builds for each platform: %s", async (name) => {
    const own = bench.workspace.path(`${name}.own.tar`);
    await bench.tsdock("build", name, "-o", `type=oci,dest=${own},tar=true`);
    const [theirs, ours] = [readOciArchive(archive(name)), readOciArchive(own)];
    expect([...theirs.keys()].sort()).toEqual(["linux/amd64", "linux/arm64"]);
    for (const [platform, { files, config }] of theirs) {
      expect(files).toEqual(ours.get(platform)?.files);
      expect(withoutDefaults(config)).toEqual(withoutDefaults(ours.get(platform)?.config ?? {}));
    }
    expect(theirs.get("linux/amd64")?.files).not.toEqual(theirs.get("linux/arm64")?.files);
  });

  it.each(alike)("gives what tsdock builds: %s", (name) => {
    const theirs = readOciArchive(archive(name));
    expect([...theirs.keys()]).toEqual(
      severalPlatforms.includes(name) ? ["linux/amd64", "linux/arm64"] : [expect.any(String)],
    );
    const ours = bench.own(name);
    for (const { files, config } of theirs.values()) {
      expect(files).toEqual(ours.files);
      expect(withoutDefaults(config)).toEqual(withoutDefaults(ours.config));
    }
  });
});
