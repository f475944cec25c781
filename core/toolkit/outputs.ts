import fs from "node:fs";
import path from "node:path";
import type { BuiltImage } from "../build/store-image.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { dockerArchive } from "../oci/image/docker-archive.ts";
import { readImage } from "../oci/image/image-view.ts";
import { layoutArchive, writeLayout } from "../oci/image/layout-writer.ts";
import { showPath } from "../oci/layer/byte-path.ts";
import { packLayerTo } from "../oci/layer/pack-layer-to.ts";
import { linkedEntries } from "../oci/layer/tree.ts";
import { unpackLayerTo } from "../oci/layer/unpack-layer.ts";
import { formatPlatform, hostPlatform, samePlatform } from "../oci/spec/platform.ts";
import { completeImages } from "./complete-image.ts";
import type { Host } from "./host.ts";
import { writeArchive } from "./image-save.ts";
import type { SolvedImages } from "./solve-images.ts";

/** `--output`, read. */
export interface Output {
  readonly type: "oci" | "docker" | "local";
  /** Absolute; undefined is standard output. */
  readonly destination: string | undefined;
  /** For `oci`: one tar instead of a directory. */
  readonly tar: boolean;
}

const types = ["oci", "docker", "local"] as const;
const keys = ["type", "dest", "tar"];

/** `type=oci|docker|local,dest=PATH[,tar=true]`, or a directory alone, which means `type=local`. Error `USAGE`. */
export function parseOutput(text: string, host: Host): Output {
  if (!text.includes("=")) return { type: "local", destination: path.resolve(host.cwd, text), tar: false };
  const fields = new Map(
    text
      .split(",")
      .map(
        (part) => [part.slice(0, Math.max(0, part.indexOf("="))), part.slice(part.indexOf("=") + 1)] as const,
      ),
  );
  const fail = (why: string) =>
    new TsdockError("USAGE", `--output ${text}: ${why}`, {
      hint: "write type=oci,dest=DIR, type=docker,dest=FILE or type=local,dest=DIR",
    });
  const unknown = [...fields.keys()].find((key) => !keys.includes(key));
  if (unknown !== undefined) throw fail(`${unknown === "" ? "a part" : unknown} is not known`);
  const type = types.find((one) => one === fields.get("type"));
  if (type === undefined) throw fail(`there is no type ${fields.get("type") ?? "given"}`);
  const tar = fields.get("tar") ?? "false";
  if (tar !== "true" && tar !== "false") throw fail(`tar is true or false`);
  if (tar === "true" && type === "local") throw fail("files are written to a directory");
  const destination = fields.get("dest");
  if (destination === undefined || destination === "") throw fail("dest is missing");
  if (destination !== "-")
    return { type, destination: path.resolve(host.cwd, destination), tar: tar === "true" };
  if (type === "local" || (type === "oci" && tar === "false"))
    throw fail("a directory cannot be written to standard output");
  return { type, destination: undefined, tar: true };
}

/** Writes what was built: several images go to `DEST/NAME` for `oci` and `local`, into one archive for `docker`. */
export async function writeOutput(output: Output, solved: SolvedImages, host: Host): Promise<void> {
  const { images, session } = solved;
  await completeImages(
    session.store,
    images.map((image) => image.descriptor),
    host,
  );
  if (output.type === "docker") return writeDockerArchive(output, solved, host);
  for (const image of images) {
    const target =
      output.destination === undefined || images.length === 1
        ? output
        : { ...output, destination: path.join(output.destination, image.name) };
    await (output.type === "oci"
      ? writeOci(target, image, solved, host)
      : writeFiles(target, image, solved, host));
  }
}

const nameOf = (image: BuiltImage): string => `${image.name}:latest`;
const archiveTarget = (destination: string | undefined) =>
  destination === undefined ? { stream: process.stdout } : { file: destination };

async function writeDockerArchive(
  { destination }: Output,
  { images, session }: SolvedImages,
  host: Host,
): Promise<void> {
  const platforms = await Promise.all(
    images.map(async (image) => ({
      names: [nameOf(image)],
      image: await readImage(session.store.blobs, onePlatform(image), hostPlatform()),
    })),
  );
  await writeArchive(dockerArchive(platforms, session.store.blobs), archiveTarget(destination), host);
}

/** Docker archives, and engines, hold one platform of each image: this machine's, or the only one. */
export function onePlatform(image: BuiltImage): BuiltImage["descriptor"] {
  const [only] = image.platforms;
  const own = image.platforms.find(({ platform }) => samePlatform(platform, hostPlatform()));
  const chosen = image.platforms.length === 1 ? only : own;
  if (chosen !== undefined) return chosen.manifest;
  throw new TsdockError(
    "PLATFORM_MISSING",
    `${image.name} is built for ${image.platforms.map(({ platform }) => formatPlatform(platform)).join(", ")}, and docker holds one platform of an image`,
    {
      hint: "give --platform with one of them, or write type=oci",
    },
  );
}

async function writeOci(
  { destination, tar }: Output,
  image: BuiltImage,
  { session }: SolvedImages,
  host: Host,
): Promise<void> {
  const named = [{ name: nameOf(image), descriptor: image.descriptor }];
  const { blobs } = session.store;
  if (tar) return writeArchive(layoutArchive(named, blobs), archiveTarget(destination), host);
  if (destination !== undefined) await writeLayout(destination, named, blobs, host.signal);
}

/** The files of an image in a directory, that of each platform below it if there are several: what belongs to others is theirs only as root. */
async function writeFiles(
  { destination = "" }: Output,
  image: BuiltImage,
  { session }: SolvedImages,
  host: Host,
): Promise<void> {
  for (const { platform, layers } of image.platforms) {
    const directory =
      image.platforms.length === 1
        ? destination
        : path.join(destination, formatPlatform(platform).replaceAll("/", "_"));
    fs.mkdirSync(directory, { recursive: true });
    await using tar = await session.store.blobs.pending();
    const tree = await session.context.layers.tree(layers.map(({ diffId }) => ({ diffId })));
    await packLayerTo([...linkedEntries(tree)], tar.path, host.signal);
    const report = await unpackLayerTo(
      tar.path,
      directory,
      { whiteouts: "apply", privileged: process.geteuid?.() === 0 },
      host.signal,
    );
    for (const { path: file, reason } of report.skipped)
      host.emit({ type: "warning", code: "OUTPUT_SKIPPED", message: `${showPath(file)}: ${reason}` });
  }
}
