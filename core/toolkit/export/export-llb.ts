import fs from "node:fs";
import path from "node:path";
import { compileLlb, type KnownSource } from "../../build/buildkit/llb/compile-llb.ts";
import { ignorePatterns } from "../../build/context/context-scans.ts";
import { planImageSource } from "../../build/operations/plan-image-source.ts";
import type { BuildContext } from "../../build/operation-handler.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { assembleImage } from "../../graph/assemble-image.ts";
import type { CompiledImage, Definition, VertexId } from "../../graph/definition.ts";
import { narrow, select } from "../../graph/select.ts";
import type { ImageConfig } from "../../oci/spec/image-config.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import type { Host } from "../host.ts";
import type { ExportRequest } from "./export-request.ts";
import { openReadingSession, openSubject } from "./export-session.ts";
import { writeExported } from "./write-files.ts";

export interface LlbExport {
  /** `pb.Definition`; undefined where it was written to a file. */
  readonly bytes: Uint8Array | undefined;
  /** The command that builds it, with everything that a definition does not say. */
  readonly command: string;
}

/**
 * Writes one image for one platform as a definition that `buildctl build` reads, bases pinned to their digests. With a file, the
 * image's configuration goes to `FILE.config.json`: a definition holds files only. Errors `EXPORT_UNSUPPORTED`, `USAGE`.
 */
export async function exportAsLlb(request: ExportRequest, host: Host): Promise<LlbExport> {
  const { workspace } = await openSubject(request, host);
  await using session = await openReadingSession(workspace, host);
  const { context } = session;
  const compiled = await workspace.withTriggers(context);
  const image = onlyOne(
    select(compiled.definition, { names: request.images, groups: workspace.config.groups }),
  );
  const definition = narrow(compiled.definition, [image]);
  const sources = await readSources(definition, context);
  const ignored = (directory: string): readonly string[] =>
    fs.existsSync(directory) ? ignorePatterns(directory) : [];
  const { bytes, contexts } = compileLlb({ definition, image, sources: knownOf(sources), ignored });
  const file = request.output === undefined ? undefined : path.resolve(host.cwd, request.output);
  const shown = (target: string): string => path.relative(host.cwd, target) || ".";
  const config = configOf(image, sources);
  const command = [
    "buildctl build",
    ...[...contexts].map(([name, directory]) => `--local ${name}=${shown(directory)}`),
    file === undefined
      ? `--output type=image,name=${image.name}`
      : `--output "type=image,name=${image.name},\\"containerimage.config=$(sed 's/"/""/g' ${shown(file)}.config.json)\\""`,
    ...(file === undefined ? [] : [`< ${shown(file)}`]),
  ].join(" ");
  if (file === undefined) return { bytes, command };
  writeExported(file, bytes);
  writeExported(`${file}.config.json`, `${JSON.stringify(config)}\n`);
  return { bytes: undefined, command };
}

function onlyOne(images: readonly CompiledImage[]): CompiledImage {
  const [image, ...others] = images;
  if (image === undefined) throw new Error("a subject has an image");
  if (others.length > 0) {
    throw new TsdockError("USAGE", `a definition is of one image, and ${images.length} are selected`, {
      hint: "name one: tsdock export llb IMAGE",
    });
  }
  if (image.platforms.length === 1) return image;
  const platforms = image.platforms.map(({ platform }) => formatPlatform(platform));
  throw new TsdockError(
    "USAGE",
    `a definition is for one platform, and ${image.name} is for ${platforms.join(", ")}`,
    {
      hint: `name one: --platform ${platforms[0] ?? "linux/amd64"}`,
    },
  );
}

type Sources = ReadonlyMap<
  VertexId,
  { readonly config: ImageConfig; readonly digest: KnownSource["digest"] }
>;

const knownOf = (sources: Sources): ReadonlyMap<VertexId, KnownSource> =>
  new Map([...sources].map(([id, { config, digest }]) => [id, { config: config.config ?? {}, digest }]));

/** Images of registries, settled as a build would: by tsdock.lock, else as they are now. */
async function readSources({ vertices }: Definition, context: BuildContext): Promise<Sources> {
  const read = [...vertices.values()].map(async (vertex) => {
    if (vertex.op.type !== "source" || vertex.op.kind !== "registry") return [];
    const planned = await planImageSource(vertex.op, vertex, context);
    const { base } = planned.tree({ layer: null });
    return base.image === undefined
      ? []
      : [[vertex.id, { config: base.config, digest: base.image.digest }] as const];
  });
  return new Map((await Promise.all(read)).flat());
}

/** Without layers and history, which BuildKit's exporter adds. */
function configOf({ platforms }: CompiledImage, sources: Sources): object {
  const [compiled] = platforms;
  if (compiled === undefined) throw new Error("an image has a platform");
  const { platform, steps, source } = compiled;
  const base = source === undefined ? undefined : sources.get(source)?.config;
  const { config } = assembleImage({ base, platform, steps, layerOf: () => undefined });
  const { architecture, os, variant, config: container } = config;
  return { architecture, os, ...(variant === undefined ? {} : { variant }), config: container };
}
