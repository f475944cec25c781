import type { Readable } from "node:stream";
import type { ImageView } from "../oci/image/image-view.ts";
import { type ByteString, fromByteString, joinPath } from "../oci/layer/entry.ts";
import { markerOf } from "../oci/layer/whiteout.ts";
import { historyRows } from "../oci/image/history.ts";
import { type Digest, shortId } from "../oci/spec/digest.ts";
import type { ContainerConfig } from "../oci/spec/image-config.ts";
import { formatPlatform } from "../oci/spec/platform.ts";
import type { Store } from "../oci/store/store.ts";
import type { FoundImage } from "./find-image.ts";
import type { Host } from "./host.ts";
import { type ImageFile, ImageFiles } from "./image-files.ts";
import { contentSize, layerSize } from "./layer-size.ts";
import { type CapturedImage, type CapturedRun, runCaptured } from "./run-captured.ts";

export interface ContainerOptions {
  /** Besides those of the image. */
  readonly env?: Readonly<Record<string, string>>;
  /** `user[:group]` instead of the image's. */
  readonly user?: string;
  /** Instead of the image's. */
  readonly workdir?: string;
  /** `bridge`, `host` or the name of a network; none unless given. */
  readonly network?: string;
  /** `SOURCE:TARGET[:ro]`, as `-v` of `tsdock run`. */
  readonly volumes?: readonly string[];
  /** It is killed then, and the promise fails; 60,000 unless given. */
  readonly timeoutMs?: number;
}

/** A layer of an image, lowest first. */
export interface TestedLayer {
  readonly diffId: Digest;
  /** Bytes of the files in it; of one that is only in its registry, as it lies there. */
  readonly size: number;
  /** The instruction that made it, as the image's history has it. */
  readonly createdBy: string;
  /** Absolute paths of what it adds or changes, sorted. */
  files(): Promise<readonly string[]>;
  /** Absolute paths of what it removes from the layers below, sorted: a directory stands for what was in it. */
  removed(): Promise<readonly string[]>;
}

/** One platform of an image in the store, to look into. */
export class ImageUnderTest {
  /** As it was asked for. */
  readonly name: string;
  /** Digest of its configuration. */
  readonly imageId: Digest;
  /** `linux/amd64` */
  readonly platform: string;
  /** What containers start from: `User`, `Env`, `Entrypoint` … (OCI image-spec, config.md). */
  readonly config: ContainerConfig;
  readonly labels: Readonly<Record<string, string>>;
  readonly layers: readonly TestedLayer[];
  /** Bytes, as `tsdock image ls` shows them. */
  readonly size: number;
  readonly #files: ImageFiles;
  readonly #view: ImageView;
  readonly #host: Host;

  constructor(name: string, view: ImageView, store: Store, host: Host) {
    const { config, manifest } = view;
    const files = new ImageFiles(view, host);
    this.name = name;
    this.imageId = manifest.config.digest;
    this.platform = formatPlatform(config);
    this.config = config.config ?? {};
    this.labels = config.config?.Labels ?? {};
    this.layers = layersOf(view, store, files);
    this.size = contentSize(store, view);
    this.#files = files;
    this.#view = view;
    this.#host = host;
  }

  /** What is at an absolute path, links followed; undefined where nothing is. Error `TREE_LINK_LOOP`. */
  stat(path: string): Promise<ImageFile | undefined> {
    return this.#files.stat(path, { followLast: true });
  }

  /** The same without following a link at the path's end. */
  lstat(path: string): Promise<ImageFile | undefined> {
    return this.#files.stat(path, { followLast: false });
  }

  /** Names in a directory, sorted; undefined where there is none. */
  list(directory: string): Promise<readonly string[] | undefined> {
    return this.#files.list(directory);
  }

  /** Everything in the image, depth first. */
  files(): AsyncGenerator<ImageFile> {
    return this.#files.all();
  }

  /** A file's content, links followed. Error `FILE_UNREADABLE`. */
  read(path: string): Promise<Buffer> {
    return this.#files.read(path);
  }

  async text(path: string): Promise<string> {
    return (await this.read(path)).toString("utf8");
  }

  stream(path: string): Promise<Readable> {
    return this.#files.stream(path);
  }

  /** The ids that `user[:group]` means in the image. Error `USER_UNKNOWN`. */
  owner(spec: string): Promise<{ readonly uid: number; readonly gid: number }> {
    return this.#files.owner(spec);
  }

  /**
   * Runs a command in a new container, which is gone afterwards; the image's entrypoint is left out. Without a command it runs
   * what the image says. The container has no network unless `network` names one. Errors as those of `tsdock run`, `COMMAND_TIMEOUT`.
   */
  run(command: readonly string[] = [], options: ContainerOptions = {}): Promise<CapturedRun> {
    const { env = {}, user, workdir, network, volumes = [], timeoutMs = 60_000 } = options;
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    return runCaptured(
      this.asRunnable(),
      { argv: command, env: lines, user, workdir, network, volumes, timeoutMs },
      this.#host,
    );
  }

  /** The image as `runCaptured` takes it. */
  asRunnable(): CapturedImage {
    const found: FoundImage = { name: undefined, descriptor: this.#view.descriptor };
    return { name: this.name, found, platform: undefined };
  }

  /** `web (1a2b3c4d5e6f)` */
  toString(): string {
    return `${this.name} (${shortId(this.imageId)})`;
  }
}

function layersOf({ manifest, config }: ImageView, store: Store, files: ImageFiles): readonly TestedLayer[] {
  const compressed = new Map(
    config.rootfs.diff_ids.map((diffId, index) => [diffId, manifest.layers[index]?.size ?? 0]),
  );
  const size = (diffId: Digest): number => layerSize(store, diffId) ?? compressed.get(diffId) ?? 0;
  const rows = historyRows(manifest.config.digest, config, size).toReversed();
  const withLayer = rows.flatMap(({ diffId, createdBy }) =>
    diffId === undefined ? [] : [{ diffId, createdBy }],
  );
  return withLayer.map(({ diffId, createdBy }, index) => ({
    diffId,
    size: size(diffId),
    createdBy,
    files: () => addedPaths(diffId, files),
    removed: () => removedPaths(index, diffId, files),
  }));
}

const shown = (path: ByteString): string => `/${fromByteString(path)}`;

const addedPaths = async (diffId: Digest, files: ImageFiles): Promise<readonly string[]> =>
  (await files.layer(diffId))
    .flatMap(({ path }) => (markerOf(path) === undefined ? [shown(path)] : []))
    .sort();

/** What whiteouts name, and what lies in the directories that hide it. */
async function removedPaths(index: number, diffId: Digest, files: ImageFiles): Promise<readonly string[]> {
  const removed = (await files.layer(diffId)).map(async ({ path }) => {
    const marker = markerOf(path);
    if (marker?.type === "whiteout") return [marker.path];
    if (marker?.type !== "opaque") return [];
    const below = await files.treeBelow(index);
    return below.list(marker.path).map((name) => joinPath(marker.path, name));
  });
  return [...new Set((await Promise.all(removed)).flat())].map(shown).sort();
}
