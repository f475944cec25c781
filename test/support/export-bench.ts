import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { indexLayer } from "../../core/oci/layer/index-layer.ts";
import { mergeLayers } from "../../core/oci/layer/tree.ts";
import { Cleanup } from "../../core/util/cleanup.ts";
import type { ContainerConfig } from "../../core/oci/spec/image-config.ts";
import { describe as describeEntry } from "../unit/file/support.ts";
import type { CliWorkspace } from "./cli.ts";
import { InProcessWorkspace } from "./in-process-workspace.ts";
import { startDockerRegistry } from "./docker-registry.ts";
import { type Dockerd, type DockerdOptions, startDockerd } from "./dockerd.ts";
import { addExportedFiles, publishBox } from "./export-workspace.ts";
import { exportedImages } from "./exported-images.ts";

/** What an image is, but for times and history. */
export interface ImageSummary {
  readonly files: readonly string[];
  readonly config: ContainerConfig;
}

/** A BuildKit, a registry with a base, and a workspace with images on it that are to be exported. */
export interface ExportBench extends AsyncDisposable {
  readonly daemon: Dockerd;
  /** The daemon's. */
  readonly socket: string;
  readonly workspace: CliWorkspace;
  /** What tsdock makes of an image. */
  own(name: string): ImageSummary;
  /** Runs `tsdock`; throws what it says where it fails. */
  tsdock(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }>;
}

export const token = "0123456789";

export async function exportBench(
  network: "default" | "none",
  names: readonly string[],
  daemonOptions: DockerdOptions = {},
): Promise<ExportBench> {
  await using stack = new Cleanup();
  const [daemon, registry] = await Promise.all([startDockerd(daemonOptions), startDockerRegistry()]);
  stack.use(daemon);
  stack.use(registry);
  const workspace = stack.use(new InProcessWorkspace());
  const box = await publishBox(workspace, registry.host);
  workspace.write("app/cases.image.ts", exportedImages(box, network));
  addExportedFiles(workspace);
  const tsdock = async (...args: readonly string[]) => {
    const result = await workspace.run(args, { TOKEN: token });
    if (result.exitCode !== 0) throw new Error(`tsdock ${args.join(" ")}: ${result.stderr}`);
    return result;
  };
  const archive = workspace.path("own.tar");
  await tsdock("build", ...names, "-o", `type=docker,dest=${archive}`, "--secret", "id=token,env=TOKEN");
  const images = readArchive(archive);
  const owned = stack.move();
  return {
    daemon,
    socket: daemon.host.replace("unix://", ""),
    workspace,
    tsdock,
    own(name) {
      const image = images.get(`${name}:latest`);
      if (image === undefined) throw new Error(`${name} is not built`);
      return image;
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** The images of a `docker save` archive by name. */
export function readArchive(file: string): ReadonlyMap<string, ImageSummary> {
  const directory = `${file}.files`;
  fs.mkdirSync(directory);
  execFileSync("tar", ["-xf", file, "-C", directory]);
  const read = (name: string): string => fs.readFileSync(path.join(directory, name), "utf8");
  const images = JSON.parse(read("manifest.json")) as {
    Config: string;
    Layers: string[];
    RepoTags: string[];
  }[];
  return new Map(
    images.flatMap(({ Config, Layers, RepoTags }) => {
      const { config } = JSON.parse(read(Config)) as { config: ContainerConfig };
      const summary = { files: filesOf(Layers.map((layer) => path.join(directory, layer))), config };
      return RepoTags.map((tag) => [tag, summary] as const);
    }),
  );
}

/** What lies in these layers, one line for each path. */
export const filesOf = (tars: readonly string[]): readonly string[] =>
  [...mergeLayers(tars.map((tar) => indexLayer(tar)))].map((entry) => shortened(describeEntry(entry)));

const shortened = (line: string): string =>
  line.length < 200 ? line : `${line.slice(0, 100)}… ${createHash("sha256").update(line).digest("hex")}`;
