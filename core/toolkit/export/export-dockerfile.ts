import path from "node:path";
import type { CompiledImage } from "../../graph/definition.ts";
import type { ExportedDockerfile } from "../../graph/export/dockerfile/export-dockerfile.ts";
import type { NamedContext } from "../../graph/export/dockerfile/shared-parts.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import type { Host } from "../host.ts";
import { annotationFlags } from "./annotation-flags.ts";
import type { ExportRequest } from "./export-request.ts";
import { openSubject } from "./export-session.ts";
import { createDockerfiles, platformsOf } from "./render-dockerfile.ts";
import { SourceLayouts } from "./source-layouts.ts";
import { writeBeside, writeExported } from "./write-files.ts";

/**
 * Writes images as one Dockerfile with a stage for each; gives its text where no file is named. Contents that a Dockerfile cannot
 * hold go to `FILE.files`. Errors `EXPORT_UNSUPPORTED`, `OUTPUT_UNWRITABLE`.
 */
export async function exportAsDockerfile(request: ExportRequest, host: Host): Promise<string | undefined> {
  const subject = await openSubject(request, host);
  const exported = (await createDockerfiles(subject, request.output !== undefined, host))(subject.images);
  const { directory } = subject.workspace;
  const file = request.output === undefined ? undefined : path.resolve(host.cwd, request.output);
  const beside = file === undefined ? undefined : `${file}.files`;
  if (exported.files.size > 0 && beside === undefined) throw needsFile(exported);
  const shown = (target: string): string => path.relative(directory, target) || ".";
  const layouts = new SourceLayouts();
  const head = headOf(exported, subject.images, {
    file: file === undefined ? "Dockerfile" : shown(file),
    files: beside === undefined ? undefined : shown(beside),
    layouts: [...exported.layouts].map(([name, ids]) => ({
      name,
      value: `oci-layout://${shown(path.join(beside ?? "", layouts.directory(name, ids)))}`,
    })),
    shown,
  });
  const text = `${head}\n${exported.text}`;
  if (file === undefined || beside === undefined) return text;
  writeBeside(beside, exported.files, exported.files.size + layouts.size > 0);
  await layouts.write(beside, subject.workspace, host);
  writeExported(file, text);
  return undefined;
}

function needsFile({ files }: ExportedDockerfile): TsdockError {
  const names = [...files.keys()].map((name) => path.posix.basename(name));
  return new TsdockError(
    "EXPORT_UNSUPPORTED",
    `a Dockerfile cannot hold ${names.join(", ")}: links, bytes and text that does not end with a line break`,
    { hint: "write to a file, beside which they are put: -o Dockerfile" },
  );
}

interface Names {
  readonly file: string;
  readonly files: string | undefined;
  /** Contexts with what plugins and docker archives give. */
  readonly layouts: readonly NamedContext[];
  readonly shown: (target: string) => string;
}

/** The syntax, and the command that builds it: a file alone says neither contexts nor platforms. */
function headOf(exported: ExportedDockerfile, images: readonly CompiledImage[], names: Names): string {
  const { shown } = names;
  const contexts = [
    ...exported.contexts.map(({ name, value }) => `${name}=${contextText(value, shown)}`),
    ...(exported.files.size === 0 ? [] : [`${exported.filesContext}=${names.files ?? ""}`]),
    ...names.layouts.map(({ name, value }) => `${name}=${value}`),
  ];
  const platforms = platformsOf(images).map(formatPlatform);
  const [image] = images.slice(-1);
  const words = [
    "docker buildx build",
    `--file ${names.file}`,
    ...(images.length > 1 ? [`--target ${exported.targets.get(image?.name ?? "") ?? ""}`] : []),
    ...(platforms.length > 1 ? [`--platform ${platforms.join(",")}`] : []),
    ...contexts.map((one) => `--build-context ${one}`),
    ...(image === undefined
      ? []
      : annotationFlags(image.annotations).map((one) => `--annotation ${quoted(one)}`)),
    exported.context === undefined ? "." : shown(exported.context),
  ];
  return [
    "# syntax=docker/dockerfile:1",
    `# ${images.map(({ name }) => name).join(", ")}: exported by tsdock. From the directory of the workspace:`,
    `#   ${words.join(" ")}`,
    ...(names.layouts.length === 0
      ? []
      : [
          `# What plugins and docker archives gave lies in ${names.files ?? ""} as it was then: export again where that should change.`,
        ]),
    "",
  ].join("\n");
}

const quoted = (text: string): string =>
  /^[\w./:=@,+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** A directory relative to the workspace; a layout keeps its scheme. */
export function contextText(value: string, shown: (target: string) => string): string {
  const [, layout] = /^oci-layout:\/\/(.*)$/s.exec(value) ?? [];
  return layout === undefined ? shown(value) : `oci-layout://${shown(layout)}`;
}
