import { throwAll } from "../../../errors/tsdock-error.ts";
import type { Platform } from "../../../oci/spec/platform.ts";
import type { VertexId } from "../../definition.ts";
import { refuse } from "../refuse.ts";
import { referencesIn } from "./contexts-of.ts";
import type { DockerfileRequest } from "./dockerfile-request.ts";
import { type Block, PlatformStages, type SplitNames } from "./platform-stages.ts";
import { type NamedContext, SharedParts } from "./shared-parts.ts";
import type { GeneratedFile } from "./surroundings.ts";

export interface ExportedDockerfile {
  /** Stages only: the head is written by who knows the file's name. */
  readonly text: string;
  /** Absolute directory of the main context; undefined where nothing is copied from a context. */
  readonly context: string | undefined;
  readonly contexts: readonly NamedContext[];
  /** What lies in the context `files`, by path below it; the context is used only if there is something. */
  readonly files: ReadonlyMap<string, GeneratedFile>;
  readonly filesContext: string;
  /**
   * What plugins and docker archives give, by the names of the contexts that hold it: OCI layouts, which the text expects, with a
   * vertex for each platform.
   */
  readonly layouts: ReadonlyMap<string, readonly VertexId[]>;
  /** The stage of each image. */
  readonly targets: ReadonlyMap<string, string>;
}

/**
 * Writes images as one Dockerfile for all platforms. A stage that is not the same on all of them is there once for each, and the platform that
 * is built for chooses. Throws everything that cannot be said: `EXPORT_UNSUPPORTED`.
 */
export function exportDockerfile(request: DockerfileRequest): ExportedDockerfile {
  const split = new Set<string>();
  for (;;) {
    const parts = new SharedParts(request.workspace, referencesIn(request.definition));
    const names = splitNames(split, parts, request.platforms);
    const writers = request.platforms.map(
      (platform) => new PlatformStages(request, platform, parts, names.of),
    );
    const written = writers.map((writer) => writer.write());
    // What takes files from a stage that is split names one of its platforms, and is then another for each itself.
    const found = differing(written).filter((key) => !split.has(key));
    for (const key of found) split.add(key);
    if (found.length > 0) continue;
    const [writer] = writers;
    if (writer === undefined) throw new Error("an image has a platform");
    const images = request.images.map((image) => ({ name: image.name, ...writer.keyOf(image) }));
    refuseTriggers(written.flat().filter(({ key }) => split.has(key)));
    const choices = images
      .filter(({ key }) => split.has(key))
      .map(({ key, wanted }) => names.choice(key, wanted));
    const blocks = [...parts.helpers, ...textsOf(written, split), ...choices];
    return {
      text: blocks.map((block) => `${block}\n`).join("\n"),
      context: parts.main,
      contexts: parts.contexts,
      files: parts.files,
      filesContext: parts.filesContext,
      layouts: parts.layouts,
      targets: new Map(images.map(({ name, key, wanted }) => [name, parts.name(key, wanted)])),
    };
  }
}

/** Stages that several platforms have, and not as the same text. */
function differing(written: readonly (readonly Block[])[]): readonly string[] {
  const texts = new Map<string, Set<string>>();
  for (const { key, text } of written.flat()) texts.set(key, (texts.get(key) ?? new Set()).add(text));
  return [...texts].filter(([, all]) => all.size > 1).map(([key]) => key);
}

/** Each text once, in an order in which it can be built: that of the first platform, then what only others have. */
function textsOf(written: readonly (readonly Block[])[], split: ReadonlySet<string>): readonly string[] {
  const texts = new Map<string, string>();
  for (const [index, blocks] of written.entries())
    for (const { key, text } of blocks) texts.set(split.has(key) ? `${index} ${key}` : key, text);
  return [...texts.values()];
}

/** `web-amd64` and `web-arm64`, which `web` chooses from. */
function splitNames(split: ReadonlySet<string>, parts: SharedParts, platforms: readonly Platform[]) {
  const endings = platforms.map((platform) => `-${ending(platform)}`);
  const stem = (key: string, wanted: string): string => parts.stem(key, wanted, endings);
  const variable = platforms.some((platform) => ending(platform) !== platform.architecture)
    ? "${TARGETARCH}${TARGETVARIANT}"
    : "${TARGETARCH}";
  const of: SplitNames = {
    has: (key) => split.has(key),
    name: (key, wanted, platform) => `${stem(key, wanted)}-${ending(platform)}`,
  };
  const choice = (key: string, wanted: string): string =>
    `FROM ${stem(key, wanted)}-${variable} AS ${parts.name(key, wanted)}`;
  return { of, choice };
}

/** As BuildKit has it in TARGETARCH and TARGETVARIANT. */
const ending = ({ architecture, variant }: Platform): string =>
  architecture + (variant ?? (architecture === "arm" ? "v7" : ""));

/** What chooses a stage begins with it, and so would run what images that begin with it are to run. */
const refuseTriggers = (blocks: readonly Block[]): void =>
  throwAll(
    [
      ...new Map(
        blocks.flatMap(({ key, trigger }) => (trigger === undefined ? [] : [[key, trigger]])),
      ).values(),
    ].map((site) =>
      refuse(
        "a Dockerfile cannot choose by platform between stages that have ONBUILD: the choice itself would run it",
        site,
        "export one platform with --platform, or write with() so that what has triggers is alike on all",
      ),
    ),
  );
