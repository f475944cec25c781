import type { Files, ImageFiles, Tree } from "../../declare/files.ts";
import { linkOf } from "../../declare/image.ts";
import type { Instruction, Link } from "../../declare/instruction.ts";
import type { FromOptions } from "../../declare/options.ts";
import { isScratch } from "../../declare/scratch.ts";
import type { Site } from "../../declare/site.ts";
import type { Source, SourceIdentity } from "../../declare/source.ts";
import { formatPlatform, type Platform, samePlatform } from "../../oci/spec/platform.ts";
import type { Stage, VertexId } from "../definition.ts";
import type { Operation } from "../operation.ts";
import { annotate } from "./annotate.ts";
import { checkOptions, isAddSource } from "./check-options.ts";
import { checkPlatform } from "./check.ts";
import { compileConfig, compileWorkdir } from "./compile-config.ts";
import { compileFile } from "./compile-file.ts";
import { compileRun } from "./compile-run.ts";
import { kindOf, pluginSource, sourceOperation, treeSource } from "./compile-source.ts";
import { Contexts } from "./contexts.ts";
import { configure, type Draft, type Workshop } from "./draft.ts";
import { Expander, lastOf, rootOf } from "./expand.ts";
import { parseTrigger } from "./parse-trigger.ts";
import { type Problems, problem } from "./problems.ts";
import type { VertexTable } from "./vertex-table.ts";

/** Container engines mount no more than this. */
const mostLayers = 127;

export interface ChainCompilerOptions {
  readonly problems: Problems;
  readonly vertices: VertexTable;
  readonly findPackageDirectory: (file: string) => string;
  /** Of exported images, by their last link. */
  readonly names: ReadonlyMap<Link, string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly linkCopies: boolean;
  /** ONBUILD triggers of an image in a registry, where they are known: they run where it is the base. */
  readonly triggersOf: (reference: string, platform: Platform) => readonly string[];
}

/** Compiles images, each once per platform. */
export class ChainCompiler implements Workshop {
  readonly plugins = new Map<string, SourceIdentity>();
  readonly linkCopies: boolean;
  readonly #options: ChainCompilerOptions;
  readonly #expander = new Expander();
  readonly #drafts = new Map<Link, Map<string, Draft>>();
  readonly #finished: { readonly draft: Draft; readonly link: Link }[] = [];
  readonly #contexts: Contexts;
  readonly #open: { readonly link: Link; readonly platform: string }[] = [];

  constructor(options: ChainCompilerOptions) {
    this.#options = options;
    this.linkCopies = options.linkCopies;
    this.#contexts = new Contexts(options.findPackageDirectory);
  }

  /** What was declared for a platform. Mistakes go to the list of problems; what can still be compiled is. */
  compile(link: Link, target: Platform): Draft {
    const platform = formatPlatform(target);
    const known = this.#drafts.get(link)?.get(platform);
    if (known !== undefined) return known;
    this.#refuseCycle(link, platform);
    this.#open.push({ link, platform });
    try {
      const draft = this.#compile(link, target);
      this.#drafts.set(link, (this.#drafts.get(link) ?? new Map<string, Draft>()).set(platform, draft));
      this.#finished.push({ draft, link });
      return draft;
    } finally {
      this.#open.pop();
    }
  }

  /** Everything that was compiled, what others begin with or take files from first. */
  stages(): readonly Stage[] {
    const stages = new Map<Draft, Stage>();
    for (const { draft, link } of this.#finished) {
      const { instruction, site } = rootOf(link);
      const exported = this.#options.names.get(link);
      const given = instruction.type === "image" ? instruction.name : undefined;
      stages.set(draft, {
        name: exported ?? given,
        exported: exported !== undefined,
        target: draft.target,
        platform: draft.platform,
        source: draft.source,
        steps: draft.steps,
        top: draft.top,
        base: draft.base === undefined ? undefined : stages.get(draft.base),
        inherited: draft.inherited,
        site,
      });
    }
    return [...stages.values()];
  }

  /** The platforms that an image says it is for, or its base does; undefined where neither does. */
  platformsOf(link: Link): readonly Platform[] | undefined {
    const own = lastOf(link, "platforms");
    if (own !== undefined) {
      const platforms = own.instruction.platforms.map((text) => checkPlatform(text, own.site));
      if (platforms.length === 0) throw problem("PLATFORM_INVALID", "platforms names none", own.site);
      const unique = new Map(platforms.map((platform) => [formatPlatform(platform), platform]));
      return [...unique.values()];
    }
    const from = lastOf(link, "from");
    if (from === undefined || (from.instruction.options as FromOptions | null)?.platform !== undefined)
      return undefined;
    const source: unknown = from.instruction.source;
    const base = typeof source === "object" && source !== null ? linkOf(source) : undefined;
    return base === undefined ? undefined : this.platformsOf(base);
  }

  files(files: Files, draft: Draft, site: Site): VertexId | undefined {
    switch (kindOf(files, "from", site)) {
      case "text": {
        const op = sourceOperation(files as string, draft.context, site);
        return this.add(draft, op, [], `FROM ${files as string}`, site);
      }
      case "source":
        return pluginSource(this, draft, files as Source, site);
      case "tree":
        return treeSource(this, draft, files as Tree, site);
      case "image":
        return this.#imageFor(files as ImageFiles, draft.target, site).top;
    }
  }

  title(files: Files): string {
    if (typeof files === "string") return files;
    if ("plugin" in files) return files.plugin.title(files.spec);
    if ("type" in files) return files.type;
    const link = linkOf(files);
    return (link && this.#options.names.get(link)) ?? "image";
  }

  add(draft: Draft, op: Operation, inputs: readonly VertexId[], name: string, site: Site): VertexId {
    const salt =
      op.type === "source" && op.kind === "plugin" ? this.plugins.get(op.plugin)?.version : undefined;
    const plain = { op, platform: draft.platform, inputs, name, site };
    return this.#options.vertices.add(salt === undefined ? plain : { ...plain, salt });
  }

  #refuseCycle(link: Link, platform: string): void {
    const start = this.#open.findIndex((one) => one.link === link && one.platform === platform);
    if (start < 0) return;
    const names = [...this.#open.slice(start).map((one) => one.link), link].map(
      (one) => this.#options.names.get(one) ?? "image",
    );
    throw problem(
      "GRAPH_CYCLE",
      `images need one another in a circle: ${names.join(" → ")}`,
      link.site,
      "take what both need into an image of its own",
    );
  }

  #imageFor(image: ImageFiles, target: Platform, site: Site): Draft {
    const link = linkOf(image);
    if (link === undefined) throw problem("DECLARATION_INVALID", "the image is damaged", site);
    const platforms = this.platformsOf(link);
    if (platforms !== undefined && !platforms.some((one) => samePlatform(one, target))) {
      const title = this.title(image);
      throw problem(
        "PLATFORM_UNAVAILABLE",
        `${title} is declared for ${platforms.map(formatPlatform).join(", ")} and needed for ${formatPlatform(target)}`,
        site,
        `add the platform there, or pin what it begins with: from(…, { platform: "${platforms.map(formatPlatform)[0] ?? ""}" })`,
      );
    }
    return this.compile(link, target);
  }

  #compile(link: Link, target: Platform): Draft {
    const { problems } = this.#options;
    const draft: Draft = {
      target,
      platform: target,
      context: () => this.#contexts.of(link),
      source: undefined,
      top: undefined,
      steps: [],
      config: [],
      cmdGiven: false,
      triggers: [],
      annotations: { manifest: {}, index: {}, descriptor: {} },
      base: undefined,
      inherited: 0,
      root: rootOf(link),
    };
    const links = problems.attempt(() => this.#expander.expand(link, target)) ?? [];
    let begun = links.length === 0;
    for (const one of links) {
      if (one.instruction.type === "from") {
        if (begun)
          problems.add(
            problem(
              "DECLARATION_INVALID",
              "an image has one from(), and this is the second",
              one.site,
              "begin another image() for it, and copy({ from }) from that",
            ),
          );
        begun = true;
      }
      if (!begun && !["image", "platforms"].includes(one.instruction.type)) {
        problems.add(
          problem(
            "IMAGE_WITHOUT_BASE",
            `${one.instruction.type} comes before from`,
            one.site,
            "begin with image().from(scratch)",
          ),
        );
        begun = true;
        break;
      }
      problems.attempt(() => this.#instruction(draft, one.instruction, one.site));
    }
    if (!begun)
      problems.add(
        problem(
          "IMAGE_WITHOUT_BASE",
          "an image has no from()",
          link.site,
          "write .from(scratch), or name a base",
        ),
      );
    this.#limitLayers(draft, link);
    return draft;
  }

  #limitLayers(draft: Draft, link: Link): void {
    const layers = draft.steps.filter((step) => step.type === "layer").length;
    if (layers <= mostLayers) return;
    const hint = "join RUN steps, or copy several paths at once";
    this.#options.problems.add(
      problem(
        "LAYERS_TOO_MANY",
        `an image has ${layers} layers; engines take ${mostLayers}`,
        link.site,
        hint,
      ),
    );
  }

  #instruction(draft: Draft, one: Instruction, site: Site): void {
    checkOptions(one, site);
    switch (one.type) {
      case "image":
      case "platforms":
        return;
      case "from":
        this.#from(draft, one, site);
        return;
      case "run":
        compileRun(this, draft, one, site);
        return;
      case "workdir":
        compileWorkdir(this, draft, one, site);
        return;
      case "copy":
      case "add":
      case "file":
      case "symlink":
      case "directory":
      case "remove":
        compileFile(this, draft, one, site);
        return;
      case "layers":
        this.#layers(draft, one.files, site);
        return;
      case "annotation":
        annotate(draft, one, site);
        return;
      case "with":
        throw new Error("helpers are expanded before");
      default:
        compileConfig(draft, one, site);
        return;
    }
  }

  #from(draft: Draft, { source, options }: Extract<Instruction, { type: "from" }>, site: Site): void {
    const { platform } = options;
    if (platform !== undefined) draft.platform = checkPlatform(platform, site);
    if (isScratch(source)) {
      this.#defaultLabels(draft, site);
      return;
    }
    if (kindOf(source, "from", site) !== "image") {
      draft.source = this.files(source, draft, site);
      draft.top = draft.source;
      this.#defaultLabels(draft, site);
      const reference = typeof source === "string" ? this.#options.triggersOf(source, draft.platform) : [];
      this.#runTriggers(draft, reference, site);
      return;
    }
    const base = this.#imageFor(source as ImageFiles, draft.platform, site);
    draft.platform = base.platform;
    draft.source = base.source;
    draft.top = base.top;
    draft.steps = base.steps.map((step) =>
      // The triggers were the base's own: they stay in its history and leave the configuration.
      step.type !== "layers" && step.instruction?.type === "on-build"
        ? { ...step, instruction: { type: "on-build", triggers: [] } }
        : step,
    );
    draft.config = base.config.filter((instruction) => instruction.type !== "on-build");
    this.#runTriggers(
      draft,
      base.triggers.map(({ text }) => text),
      site,
    );
    draft.base = base;
    draft.inherited = draft.steps.length;
  }

  /** The merge is what later instructions stand on; the image takes the tree's layers one by one. */
  #layers(draft: Draft, files: Files, site: Site): void {
    if (isAddSource(files))
      throw problem("DECLARATION_INVALID", "add names no destination", site, 'write add({ … }, "/path")');
    const vertex = this.files(files, draft, site);
    if (vertex === undefined) return;
    const createdBy = `ADD ${this.title(files)}`;
    draft.steps.push({ type: "layers", vertex, createdBy, site });
    draft.top =
      draft.top === undefined
        ? vertex
        : this.add(draft, { type: "merge" }, [draft.top, vertex], createdBy, site);
  }

  #runTriggers(draft: Draft, triggers: readonly string[], site: Site): void {
    for (const trigger of triggers) {
      this.#options.problems.attempt(() => this.#instruction(draft, parseTrigger(trigger, site), site));
    }
  }

  #defaultLabels(draft: Draft, site: Site): void {
    const { labels } = this.#options;
    if (Object.keys(labels).length > 0) configure(draft, { type: "label", labels }, site);
  }
}
