import path from "node:path";
import type { CompiledImage } from "../../graph/definition.ts";
import type { ExportedDockerfile } from "../../graph/export/dockerfile/export-dockerfile.ts";
import type { GeneratedFile } from "../../graph/export/dockerfile/surroundings.ts";
import { select } from "../../graph/select.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import type { Host } from "../host.ts";
import { annotationFlags } from "./annotation-flags.ts";
import { contextText } from "./export-dockerfile.ts";
import type { ExportRequest } from "./export-request.ts";
import { type ExportSubject, openSubject } from "./export-session.ts";
import { createDockerfiles } from "./render-dockerfile.ts";
import { SourceLayouts } from "./source-layouts.ts";
import { writeBeside, writeExported } from "./write-files.ts";

/** A target of `docker-bake.json`, as buildx reads it. */
interface BakeTarget {
  readonly context: string;
  readonly "dockerfile-inline": string;
  readonly target: string;
  readonly contexts?: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly platforms: readonly string[];
  readonly annotations?: readonly string[];
}

/**
 * Writes images as a bake file: a target for each with its Dockerfile in it, the workspace's groups, and `default` for all. Gives the
 * text where no file is named. Paths are relative to the workspace, where bake is to be run.
 */
export async function exportAsBake(request: ExportRequest, host: Host): Promise<string | undefined> {
  const subject = await openSubject(request, host);
  const targetOf = targetNames(subject.images);
  const write = await createDockerfiles(subject, request.output !== undefined, host);
  const exported = subject.images.map((image) => ({ image, file: write([image]) }));
  const output = request.output === undefined ? undefined : path.resolve(host.cwd, request.output);
  const files = new Map<string, GeneratedFile>(
    exported.flatMap(({ image, file }) =>
      [...file.files].map(([name, one]) => [`${targetOf(image)}/${name}`, one] as const),
    ),
  );
  const beside = output === undefined ? undefined : `${output}.files`;
  if (files.size > 0 && beside === undefined) {
    throw new TsdockError(
      "EXPORT_UNSUPPORTED",
      `a bake file cannot hold ${[...files.keys()].map((name) => path.posix.basename(name)).join(", ")}: links, bytes and text that does not end with a line break`,
      { hint: "write to a file, beside which they are put: -o docker-bake.json" },
    );
  }
  const layouts = new SourceLayouts();
  const targets = exported.map(
    ({ image, file }) =>
      [targetOf(image), target(image, file, subject, { beside, layouts, targetOf })] as const,
  );
  const document = { group: groupsOf(subject, targetOf), target: Object.fromEntries(targets) };
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (output === undefined || beside === undefined) return text;
  writeBeside(beside, files, files.size + layouts.size > 0);
  await layouts.write(beside, subject.workspace, host);
  writeExported(output, text);
  return undefined;
}

/** Names of targets have letters, digits, `_` and `-`, and each is another one. */
function targetNames(images: readonly CompiledImage[]): (image: CompiledImage) => string {
  const names = new Map<CompiledImage, string>();
  // Those that stay as they are have their names first.
  const plain = (name: string): string => name.replaceAll(/[^\w-]+/g, "-");
  const isPlain = ({ name }: CompiledImage): boolean => plain(name) === name;
  const taken = new Set<string>();
  for (const image of [...images.filter(isPlain), ...images.filter((one) => !isPlain(one))]) {
    const wanted = plain(image.name);
    let name = wanted;
    for (let count = 2; taken.has(name); count += 1) name = `${wanted}-${count}`;
    taken.add(name);
    names.set(image, name);
  }
  return (image) => names.get(image) ?? plain(image.name);
}

interface TargetTools {
  readonly beside: string | undefined;
  readonly layouts: SourceLayouts;
  readonly targetOf: (image: CompiledImage) => string;
}

function target(
  image: CompiledImage,
  file: ExportedDockerfile,
  { workspace }: ExportSubject,
  { beside, layouts, targetOf }: TargetTools,
): BakeTarget {
  const shown = (directory: string): string => path.relative(workspace.directory, directory) || ".";
  const contexts = Object.fromEntries([
    ...file.contexts.map(({ name, value }) => [name, contextText(value, shown)] as const),
    ...(file.files.size === 0 || beside === undefined
      ? []
      : [[file.filesContext, shown(path.join(beside, targetOf(image)))] as const]),
    ...[...file.layouts].map(
      ([name, ids]) =>
        [name, `oci-layout://${shown(path.join(beside ?? "", layouts.directory(name, ids)))}`] as const,
    ),
  ]);
  const annotations = annotationFlags(image.annotations);
  return {
    context: file.context === undefined ? "." : shown(file.context),
    // bake expands ${…} in what it reads.
    "dockerfile-inline": `# syntax=docker/dockerfile:1\n${file.text}`.replaceAll(
      /[$%](?=\{)/g,
      (sign) => sign + sign,
    ),
    target: file.targets.get(image.name) ?? "",
    ...(Object.keys(contexts).length === 0 ? {} : { contexts }),
    tags: [nameOf(image, workspace)],
    platforms: image.platforms.map(({ platform }) => formatPlatform(platform)),
    ...(annotations.length === 0 ? {} : { annotations }),
  };
}

/** What publish calls it, with the tag that a build has here. */
function nameOf(image: CompiledImage, { config, directory }: ExportSubject["workspace"]): string {
  const repository = config.repository({
    name: image.name,
    directory: path.relative(directory, image.directory) || ".",
  });
  const { registry } = config;
  const isHost = registry !== undefined && !registry.startsWith("oci:");
  return `${isHost ? `${registry.replace(/\/+$/, "")}/` : ""}${repository}:latest`;
}

function groupsOf(
  { images, workspace }: ExportSubject,
  targetOf: TargetTools["targetOf"],
): Record<string, { readonly targets: readonly string[] }> {
  const { definition } = workspace.compiled;
  const targets = new Set(images.map(targetOf));
  const configured = Object.keys(workspace.config.groups);
  const declared = images.flatMap(({ groups }) => groups);
  const groups = [...new Set([...configured, ...declared])].flatMap((name) => {
    const members = select(definition, { names: [`group:${name}`], groups: workspace.config.groups });
    const chosen = members.filter((image) => images.includes(image)).map(targetOf);
    return chosen.length === 0 ? [] : [[groupName(name, targets), { targets: chosen }] as const];
  });
  return Object.fromEntries([["default", { targets: [...targets] }], ...groups]);
}

/** Groups and targets share their names in bake, and `default` is what is built where nothing is named. */
const groupName = (name: string, targets: ReadonlySet<string>): string =>
  targets.has(name) || name === "default" ? `${name}-group` : name;
