import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExportBench, exportBench, token } from "../support/export-bench.ts";
import { exported } from "../support/exported-images.ts";
import { readOciArchive } from "../support/read-oci-archive.ts";
import { findBuildx, requires } from "../support/requires.ts";
import { withoutDefaults } from "../support/without-defaults.ts";

const severalPlatforms = ["platforms", "given"];
const alike = [...exported.everywhere, ...exported.newer, "platforms", ...exported.besideTheFile];
const names = [...alike, ...exported.unlike];

interface BakeFile {
  readonly target: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

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

  /** Builds all targets at once with buildx and the BuildKit of the daemon. */
  async function bake(): Promise<void> {
    const { workspace } = bench;
    const file = workspace.path("docker-bake.json");
    await bench.tsdock("export", "bake", ...names, "-o", file);
    fs.writeFileSync(file, JSON.stringify(forDaemon(JSON.parse(fs.readFileSync(file, "utf8")) as BakeFile)));
    const sets = [
      "*.secrets=id=token,env=TOKEN",
      ...names.map((name) => `${name}.output=type=oci,dest=${archive(name)}`),
    ];
    const { status, stderr } = spawnSync(
      findBuildx() ?? "",
      ["bake", "-f", file, ...sets.flatMap((set) => ["--set", set]), "--progress=plain"],
      {
        cwd: workspace.path("."),
        encoding: "utf8",
        timeout: 240_000,
        env: {
          ...process.env,
          DOCKER_HOST: bench.daemon.host,
          DOCKER_CONFIG: workspace.path("docker"),
          TOKEN: token,
        },
      },
    );
    if (status !== 0) throw new Error(stderr.slice(-4000));
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

/** The daemon has no bridge, and no registry from which it could have the frontend that `# syntax=` names. */
const forDaemon = ({ target, ...others }: BakeFile): unknown => ({
  ...others,
  target: Object.fromEntries(
    Object.entries(target).map(([name, one]) => [
      name,
      { ...one, "dockerfile-inline": withoutNetwork(String(one["dockerfile-inline"])) },
    ]),
  ),
});

const withoutNetwork = (text: string): string =>
  text.replace(/^# syntax=.*\n/, "").replaceAll(/^RUN (?=\["rm")/gm, "RUN --network=none ");
