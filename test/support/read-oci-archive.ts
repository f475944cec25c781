import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import type { Descriptor, Index, Manifest } from "../../core/oci/spec/descriptor.ts";
import type { ImageConfig } from "../../core/oci/spec/image-config.ts";
import { formatPlatform } from "../../core/oci/spec/platform.ts";
import { filesOf, type ImageSummary } from "./export-bench.ts";

/** The image in a tar with an OCI layout, by its platforms; attestations are left out. */
export function readOciArchive(file: string): ReadonlyMap<string, ImageSummary> {
  const directory = `${file}.files`;
  fs.mkdirSync(directory);
  execFileSync("tar", ["-xf", file, "-C", directory]);
  const pathOf = ({ digest }: Descriptor): string => path.join(directory, "blobs", digest.replace(":", "/"));
  const json = (name: string): unknown => JSON.parse(fs.readFileSync(name, "utf8"));
  const manifestsOf = (index: Index): readonly Manifest[] =>
    index.manifests
      .filter(({ annotations }) => annotations?.["vnd.docker.reference.type"] === undefined)
      .flatMap((one) => {
        const document = json(pathOf(one));
        return one.mediaType.includes("index") ? manifestsOf(document as Index) : [document as Manifest];
      });
  return new Map(
    manifestsOf(json(path.join(directory, "index.json")) as Index).map(({ config, layers }) => {
      const image = json(pathOf(config)) as ImageConfig;
      const files = filesOf(layers.map((layer) => plainTar(pathOf(layer))));
      return [formatPlatform(image), { files, config: image.config ?? {} }] as const;
    }),
  );
}

function plainTar(file: string): string {
  const bytes = fs.readFileSync(file);
  if (bytes[0] !== 0x1f) return file;
  fs.writeFileSync(`${file}.tar`, zlib.gunzipSync(bytes));
  return `${file}.tar`;
}
