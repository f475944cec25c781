import { basename, relative } from "node:path";
import type { Site } from "../../../declare/site.ts";
import { throwAll, TsdockError } from "../../../errors/tsdock-error.ts";
import { formatPlatform, type Platform, samePlatform } from "../../../oci/spec/platform.ts";
import { Problems } from "../../compile/problems.ts";
import type { CompiledImage, Definition, Stage, Vertex, VertexId } from "../../definition.ts";
import type { Content } from "../../operation.ts";
import { refuse } from "../refuse.ts";
import { contextsOf, referencesIn } from "./contexts-of.ts";
import { heredoc, heredocText } from "./heredoc.ts";
import { laidOver } from "./laid-over.ts";
import { Names } from "./names.ts";
import { type NeededStage, neededStages, stageOf } from "./needed-stages.ts";
import type { BaseConfigs } from "./stage-config.ts";
import type { GeneratedFile, Placed, Surroundings } from "./surroundings.ts";
import { word } from "./words.ts";
import { writeStage } from "./write-stage.ts";

export interface DockerfileRequest {
  readonly definition: Definition;
  readonly stages: readonly Stage[];
  /** The last one is what the file makes unless another is named. */
  readonly images: readonly CompiledImage[];
  readonly platform: Platform;
  /** Absolute. */
  readonly workspace: string;
  readonly bases: BaseConfigs;
  /** The name of the variable that holds what is declared there. */
  readonly variableAt: (site: Site) => string | undefined;
}

/** A context beside the main one: a directory, or an OCI layout. */
export interface NamedContext {
  readonly name: string;
  readonly value: string;
}

export interface ExportedDockerfile {
  /** Stages only: the head is written by who knows the file's name. */
  readonly text: string;
  /** Absolute directory of the main context; undefined where nothing is copied from a context. */
  readonly context: string | undefined;
  readonly contexts: readonly NamedContext[];
  /** What lies in the context `files`, by path below it; the context is used only if there is something. */
  readonly files: ReadonlyMap<string, GeneratedFile>;
  readonly filesContext: string;
  /** What plugins give, by the names of the contexts that hold it: OCI layouts, which the text expects. */
  readonly layouts: ReadonlyMap<string, VertexId>;
  /** The stage of each image. */
  readonly targets: ReadonlyMap<string, string>;
}

/** Writes images as one Dockerfile, for one platform. Throws everything that it cannot say: `EXPORT_UNSUPPORTED`. */
export function exportDockerfile(request: DockerfileRequest): ExportedDockerfile {
  return new DockerfileWriter(request).write();
}

class DockerfileWriter implements Surroundings {
  readonly #request: DockerfileRequest;
  readonly #problems = new Problems();
  readonly #needed: readonly NeededStage[];
  readonly #names: Names;
  readonly #stageNames = new Map<Stage, string>();
  readonly #main: string | undefined;
  readonly #contexts = new Map<string, string>();
  readonly #files = new Map<string, GeneratedFile>();
  readonly #filesByContent = new Map<string, Placed>();
  readonly #pinned = new Map<VertexId, string>();
  readonly #layouts = new Map<VertexId, string>();
  readonly #merged = new Map<VertexId, string>();
  /** Stages of merges that the stage which is written now needs first. */
  #before: string[] = [];
  readonly #filesContext: string;
  readonly #helpers = new Map<
    "directories" | "mounts",
    { readonly name: string; readonly lines: string[] }
  >();
  readonly #directories = new Map<string, Placed>();
  /** FROM lines of stages that only stand for an image of another platform. */
  readonly #first: string[] = [];

  constructor(request: DockerfileRequest) {
    this.#request = request;
    const { definition, stages, images } = request;
    const tops = images.map((image) => this.#stageOfImage(image));
    this.#needed = neededStages(tops, stages, definition);
    this.#names = new Names(referencesIn(definition));
    for (const { stage } of this.#needed) this.#stageNames.set(stage, this.#names.take(this.#nameOf(stage)));
    this.#main = this.#mainContext(tops);
    this.#filesContext = this.#names.take("files");
  }

  write(): ExportedDockerfile {
    const { images } = this.#request;
    const blocks = this.#needed.map((needed) => this.#stageText(needed));
    throwAll(this.#problems.errors);
    const helpers = [...this.#helpers.values()].map(({ name, lines }) =>
      [`FROM scratch AS ${name}`, ...lines].join("\n"),
    );
    return {
      text: [...this.#first, ...helpers, ...blocks].map((block) => `${block}\n`).join("\n"),
      context: this.#main,
      contexts: [...this.#contexts].map(([value, name]) => ({ name, value })),
      files: this.#files,
      filesContext: this.#filesContext,
      layouts: new Map([...this.#layouts].map(([id, name]) => [name, id])),
      targets: new Map(
        images.map((image) => [image.name, this.#stageNames.get(this.#stageOfImage(image)) ?? ""]),
      ),
    };
  }

  vertex(id: VertexId): Vertex {
    const vertex = this.#request.definition.vertices.get(id);
    if (vertex === undefined) throw new Error(`there is no vertex ${id}`);
    return vertex;
  }

  fromOf(id: VertexId, site: Site | undefined): string {
    const { op, platform, site: own = site } = this.vertex(id);
    if (op.type === "source") {
      const reference = this.#sourceText(id, site);
      return samePlatform(platform, this.#request.platform) ? reference : this.#pinnedStage(id, reference);
    }
    const stage = stageOf(id, this.#request.stages);
    const name = stage === undefined ? undefined : this.#stageNames.get(stage);
    if (name !== undefined) return name;
    if (op.type === "merge") return this.#mergedStage(id, own);
    throw refuse(`a Dockerfile has no ${op.type}`, site, "copy what is wanted by its paths");
  }

  contextOf(directory: string): string | undefined {
    if (directory === this.#main) return undefined;
    const known = this.#contexts.get(directory);
    if (known !== undefined) return known;
    const below = relative(this.#request.workspace, directory);
    const name = this.#names.take(below === "" ? "workspace" : basename(directory));
    this.#contexts.set(directory, name);
    return name;
  }

  generate(name: string, file: GeneratedFile): Placed {
    const key = JSON.stringify([name, file]);
    const known = this.#filesByContent.get(key);
    if (known !== undefined) return known;
    const directory = String(this.#filesByContent.size + 1);
    const placed = { from: this.#filesContext, path: `/${directory}` };
    this.#filesByContent.set(key, placed);
    this.#files.set(`${directory}/${name}`, file);
    return placed;
  }

  emptyDirectory(name: string, site: Site | undefined): Placed {
    const known = this.#directories.get(name);
    if (known !== undefined) return known;
    const { name: from, lines } = this.#helper("directories");
    const path = `/${this.#directories.size + 1}`;
    lines.push(`WORKDIR ${word(`${path}/${name}`, site)}`);
    const placed = { from, path };
    this.#directories.set(name, placed);
    return placed;
  }

  mountedFile(content: Content, mode: number): Placed {
    const { name: from, lines } = this.#helper("mounts");
    const path = `/${lines.length + 1}`;
    const text = heredocText(content);
    const chmod = `--chmod=${mode.toString(8)}`;
    if (text === undefined) {
      const made = this.generate("file", { type: "file", content });
      lines.push(`COPY --from=${made.from} ${chmod} ${made.path}/file ${path}`);
    } else {
      const { mark, body } = heredoc(text);
      lines.push(`COPY ${chmod} ${mark} ${path}\n${body}`);
    }
    return { from, path };
  }

  #mergedStage(id: VertexId, site: Site | undefined): string {
    const known = this.#merged.get(id);
    if (known !== undefined) return known;
    const lines = this.#mergeLines(id, site);
    const name = this.#names.take("merged");
    this.#before.push([`FROM scratch AS ${name}`, ...lines].join("\n"));
    this.#merged.set(id, name);
    return name;
  }

  /** Trees one over the other, none of which takes anything away from those below it. */
  #mergeLines(id: VertexId, site: Site | undefined): readonly string[] {
    return this.vertex(id).inputs.map((input, index) => laidOver(input, this, index > 0, site));
  }

  #helper(kind: "directories" | "mounts") {
    const known = this.#helpers.get(kind);
    if (known !== undefined) return known;
    const made = { name: this.#names.take(kind), lines: [] };
    this.#helpers.set(kind, made);
    return made;
  }

  #stageText(needed: NeededStage): string {
    const { stage } = needed;
    const { bases } = this.#request;
    const from = this.#problems.attempt(() => this.#fromLine(needed)) ?? "";
    const place = stage.site.place();
    const comment =
      place === undefined ? [] : [`# ${relative(this.#request.workspace, place.file)}:${place.line}`];
    const baseConfig = stage.source === undefined ? undefined : bases.get(stage.source);
    const lines = writeStage({ stage, around: this, baseConfig, problems: this.#problems });
    const before = this.#before.map((block) => `${block}\n\n`).join("");
    this.#before = [];
    return before + [...comment, from, ...lines].join("\n");
  }

  #fromLine({ stage, isPinned }: NeededStage): string {
    const name = this.#stageNames.get(stage) ?? "";
    if (stage.base !== undefined) return `FROM ${this.#stageNames.get(stage.base) ?? ""} AS ${name}`;
    const platform = isPinned ? `--platform=${formatPlatform(stage.platform)} ` : "";
    const site = stage.steps[0]?.site ?? stage.site;
    if (stage.source !== undefined && this.vertex(stage.source).op.type === "merge")
      return [`FROM ${platform}scratch AS ${name}`, ...this.#mergeLines(stage.source, site)].join("\n");
    const source = stage.source === undefined ? "scratch" : this.#sourceText(stage.source, site);
    return `FROM ${platform}${source} AS ${name}`;
  }

  #sourceText(id: VertexId, site: Site | undefined): string {
    const { op, site: own = site } = this.vertex(id);
    if (op.type !== "source") {
      throw refuse(
        `a Dockerfile has no ${op.type}, and an image begins with one`,
        own,
        "begin with the lower of its trees and copy what is wanted by its paths",
      );
    }
    switch (op.kind) {
      case "registry":
        return op.reference;
      case "layout":
        return this.#layout(op.directory, op.tag);
      case "archive":
        throw refuse(
          "a Dockerfile cannot begin with a docker archive",
          own,
          "turn it into an OCI layout (skopeo copy docker-archive:… oci:…), or push it to a registry",
        );
      case "git":
        throw refuse("a Dockerfile cannot begin with a git repository", own, "add() the repository instead");
      case "plugin":
        return this.#pluginLayout(id, op.plugin);
    }
  }

  #layout(directory: string, tag: string | undefined): string {
    const value = `oci-layout://${directory}${tag === undefined ? "" : `:${tag}`}`;
    const known = this.#contexts.get(value);
    if (known !== undefined) return known;
    const name = this.#names.take(`${basename(directory)}-layout`);
    this.#contexts.set(value, name);
    return name;
  }

  /** Other builders have no plugins: what they gave is a layout beside the file. */
  #pluginLayout(id: VertexId, plugin: string): string {
    const known = this.#layouts.get(id);
    if (known !== undefined) return known;
    // Who builds the file without the context shall not get an image of a registry that is called as the plugin is.
    const name = this.#names.take(`${plugin}-source`);
    this.#layouts.set(id, name);
    return name;
  }

  #pinnedStage(id: VertexId, reference: string): string {
    const known = this.#pinned.get(id);
    if (known !== undefined) return known;
    const platform = formatPlatform(this.vertex(id).platform);
    const name = this.#names.take(`${basename(reference)}-${platform}`);
    this.#first.push(`FROM --platform=${platform} ${reference} AS ${name}`);
    this.#pinned.set(id, name);
    return name;
  }

  #stageOfImage({ name }: CompiledImage): Stage {
    const { stages, platform } = this.#request;
    const stage = stages.find(
      (one) =>
        one.exported &&
        one.name === name &&
        (samePlatform(one.platform, platform) || samePlatform(one.target, platform)),
    );
    if (stage !== undefined) return stage;
    throw new TsdockError("PLATFORM_MISSING", `${name} is not declared for ${formatPlatform(platform)}`, {
      hint: "export it by itself, or for one of its platforms with --platform",
    });
  }

  #nameOf(stage: Stage): string {
    const variable = stage.exported ? undefined : this.#request.variableAt(stage.site);
    return stage.exported ? (stage.name ?? "stage") : (variable ?? stage.name ?? "stage");
  }

  /** What most people mean by the context: that of the image that is made, else of what it takes files from. */
  #mainContext(tops: readonly Stage[]): string | undefined {
    const last = tops.at(-1);
    const all = [...(last === undefined ? [] : [last]), ...this.#needed.map(({ stage }) => stage).reverse()];
    return all.flatMap((stage) => contextsOf(stage, this.#request.definition))[0];
  }
}
