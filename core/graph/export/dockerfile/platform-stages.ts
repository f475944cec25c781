import { basename, relative } from "node:path";
import type { Site } from "../../../declare/site.ts";
import { throwAll, TsdockError } from "../../../errors/tsdock-error.ts";
import { formatPlatform, type Platform, samePlatform } from "../../../oci/spec/platform.ts";
import { Problems } from "../../compile/problems.ts";
import type { CompiledImage, Stage, Vertex, VertexId } from "../../definition.ts";
import type { Content } from "../../operation.ts";
import { refuse } from "../refuse.ts";
import { contextsOf } from "./contexts-of.ts";
import type { DockerfileRequest } from "./dockerfile-request.ts";
import { laidOver } from "./laid-over.ts";
import { type NeededStage, neededStages, stageOf } from "./needed-stages.ts";
import type { SharedParts } from "./shared-parts.ts";
import type { GeneratedFile, Placed, Surroundings } from "./surroundings.ts";
import { writeStage } from "./write-stage.ts";

/** A stage of the file as one platform has it. What has the same key stands for the same on every platform. */
export interface Block {
  readonly key: string;
  /** The same for what has the same key. */
  readonly wanted: string;
  readonly text: string;
  /** What images that begin with it run. */
  readonly trigger: Site | undefined;
}

/** How the stages that are not the same on all platforms are called. */
export interface SplitNames {
  has(key: string): boolean;
  name(key: string, wanted: string, platform: Platform): string;
}

/** Writes the stages that images need on one platform, with the parts that all platforms share. */
export class PlatformStages implements Surroundings {
  readonly #request: DockerfileRequest;
  readonly #platform: Platform;
  readonly #parts: SharedParts;
  readonly #split: SplitNames;
  readonly #problems = new Problems();
  readonly #needed: readonly NeededStage[];
  readonly #keys = new Map<Stage, { readonly key: string; readonly wanted: string }>();
  readonly #merged = new Map<VertexId, string>();
  readonly #blocks: Block[] = [];

  constructor(request: DockerfileRequest, platform: Platform, parts: SharedParts, split: SplitNames) {
    this.#request = request;
    this.#platform = platform;
    this.#parts = parts;
    this.#split = split;
    const tops = request.images.map((image) => this.#stageOfImage(image));
    this.#needed = neededStages(tops, request.stages, request.definition);
    const counts = new Map<string, number>();
    for (const { stage } of this.#needed) {
      const wanted = this.#wantedName(stage);
      const count = (counts.get(wanted) ?? 0) + 1;
      counts.set(wanted, count);
      this.#keys.set(stage, { key: `stage ${wanted} ${count}`, wanted });
      parts.name(`stage ${wanted} ${count}`, wanted);
    }
    parts.main ??= this.#mainContext(tops);
  }

  /** Throws everything that cannot be said: `EXPORT_UNSUPPORTED`. */
  write(): readonly Block[] {
    for (const needed of this.#needed) this.#writeStage(needed);
    throwAll(this.#problems.errors);
    return this.#blocks;
  }

  /** What stands for an image, whatever the platform. */
  keyOf(image: CompiledImage): { readonly key: string; readonly wanted: string } {
    return this.#keyOf(this.#stageOfImage(image));
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
      return samePlatform(platform, this.#platform) ? reference : this.#pinnedStage(reference, platform);
    }
    const stage = stageOf(id, this.#request.stages);
    if (stage !== undefined && this.#keys.has(stage)) return this.#nameOf(stage);
    if (op.type === "merge") return this.#mergedStage(id, own);
    throw refuse(
      op.type === "diff"
        ? "a Dockerfile has no diff: which files it has is known only when both of its trees are built"
        : `a Dockerfile has no ${op.type}`,
      site,
      "copy what is wanted by its paths, or export llb, which has it",
    );
  }

  contextOf(directory: string): string | undefined {
    return this.#parts.contextOf(directory);
  }

  generate(name: string, file: GeneratedFile): Placed {
    return this.#parts.generate(name, file);
  }

  emptyDirectory(name: string, site: Site | undefined): Placed {
    return this.#parts.emptyDirectory(name, site);
  }

  mountedFile(content: Content, mode: number): Placed {
    return this.#parts.mountedFile(content, mode);
  }

  #name(key: string, wanted: string): string {
    return this.#split.has(key)
      ? this.#split.name(key, wanted, this.#platform)
      : this.#parts.name(key, wanted);
  }

  #keyOf(stage: Stage): { readonly key: string; readonly wanted: string } {
    const found = this.#keys.get(stage);
    if (found === undefined) throw new Error("a stage that is needed has a name");
    return found;
  }

  #nameOf(stage: Stage): string {
    const { key, wanted } = this.#keyOf(stage);
    return this.#name(key, wanted);
  }

  #mergedStage(id: VertexId, site: Site | undefined): string {
    const known = this.#merged.get(id);
    if (known !== undefined) return known;
    const lines = this.#mergeLines(id, site);
    const key = `merged ${this.#merged.size + 1}`;
    const name = this.#name(key, "merged");
    this.#add(key, "merged", [`FROM scratch AS ${name}`, ...lines].join("\n"));
    this.#merged.set(id, name);
    return name;
  }

  /** Trees one over the other, none of which takes anything away from those below it. */
  #mergeLines(id: VertexId, site: Site | undefined): readonly string[] {
    return this.vertex(id).inputs.map((input, index) => laidOver(input, this, index > 0, site));
  }

  #add(key: string, wanted: string, text: string, trigger?: Site): void {
    this.#blocks.push({ key, wanted, text, trigger });
  }

  #writeStage(needed: NeededStage): void {
    const { stage } = needed;
    const from = this.#problems.attempt(() => this.#fromLine(needed)) ?? "";
    const place = stage.site.place();
    const comment =
      place === undefined ? [] : [`# ${relative(this.#request.workspace, place.file)}:${place.line}`];
    const baseConfig = stage.source === undefined ? undefined : this.#request.bases.get(stage.source);
    const lines = writeStage({ stage, around: this, baseConfig, problems: this.#problems });
    const { key, wanted } = this.#keyOf(stage);
    this.#add(key, wanted, [...comment, from, ...lines].join("\n"), triggerOf(stage));
  }

  #fromLine({ stage, isPinned }: NeededStage): string {
    const name = this.#nameOf(stage);
    if (stage.base !== undefined) return `FROM ${this.#nameOf(stage.base)} AS ${name}`;
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
        return this.#parts.layout(op.directory, op.tag);
      case "archive":
        return this.#parts.sourceLayout(id, `${basename(op.file, ".tar")}-archive`, op.file);
      case "git":
        throw refuse("a Dockerfile cannot begin with a git repository", own, "add() the repository instead");
      case "plugin":
        // Who builds the file without the context shall not get an image of a registry that is called as the plugin is.
        return this.#parts.sourceLayout(id, `${op.plugin}-source`, JSON.stringify([op.plugin, op.spec]));
    }
  }

  /** A stage that only stands for an image of another platform. */
  #pinnedStage(reference: string, platform: Platform): string {
    const shown = formatPlatform(platform);
    const key = `pinned ${shown} ${reference}`;
    const name = this.#parts.name(key, `${basename(reference)}-${shown}`);
    if (!this.#blocks.some((block) => block.key === key))
      this.#add(key, name, `FROM --platform=${shown} ${reference} AS ${name}`);
    return name;
  }

  #stageOfImage({ name }: CompiledImage): Stage {
    const stage = this.#request.stages.find(
      (one) =>
        one.exported &&
        one.name === name &&
        (samePlatform(one.platform, this.#platform) || samePlatform(one.target, this.#platform)),
    );
    if (stage !== undefined) return stage;
    throw new TsdockError(
      "PLATFORM_MISSING",
      `${name} is not declared for ${formatPlatform(this.#platform)}`,
      {
        hint: "export it by itself, or for one of its platforms with --platform",
      },
    );
  }

  #wantedName(stage: Stage): string {
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

function triggerOf({ steps, inherited, site }: Stage): Site | undefined {
  const found = steps
    .slice(inherited)
    .find((step) => step.type !== "layers" && step.instruction?.type === "on-build");
  return found === undefined ? undefined : (found.site ?? site);
}
