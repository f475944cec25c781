import type { Link } from "../declare/instruction.ts";
import type { Params } from "../declare/param.ts";
import type { SourceIdentity } from "../declare/source.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { formatPlatform, type Platform, samePlatform } from "../oci/spec/platform.ts";
import { collectExports, type ExportedImage, type LoadedModule } from "./compile/collect-exports.ts";
import { ChainCompiler } from "./compile/compile-chain.ts";
import { describeImage, isPlain } from "./compile/describe-image.ts";
import { type GroupTags, groupsByImage, tagsOfGroup } from "./compile/compile-groups.ts";
import type { AnnotationLevel, Draft } from "./compile/draft.ts";
import { lastOf, rootOf } from "./compile/expand.ts";
import { Problems, problem, type Warning } from "./compile/problems.ts";
import { VertexTable } from "./compile/vertex-table.ts";
import type { CompiledImage, CompiledPlatform, Definition, Stage, DefaultAnnotation } from "./definition.ts";
import { nearestNames } from "./nearest-names.ts";

export interface CompileOptions {
  /** In the order in which their images are shown. */
  readonly modules: readonly LoadedModule[];
  /** For images that do not say. */
  readonly platforms: readonly Platform[];
  /** Instead of what images say: `--platform`. */
  readonly onlyPlatforms?: readonly Platform[] | undefined;
  /** What `readParams()` gives after the modules ran. */
  readonly params?: Params | undefined;
  readonly defaults?:
    | {
        readonly labels?: Readonly<Record<string, string>> | undefined;
        readonly copy?: { readonly link?: boolean | undefined } | undefined;
      }
    | undefined;
  /** The directory of the nearest package.json. */
  readonly findPackageDirectory: (file: string) => string;
  /** What the package in a directory says of its images; images are not described at all unless given. */
  readonly describePackage?: ((directory: string) => readonly DefaultAnnotation[]) | undefined;
  /** Absolute; directories below it count by their relative path in ids. */
  readonly workspace: string;
  /**
   * ONBUILD triggers of a base in a registry, where its configuration is known. The solver compiles again once it has read bases
   * that have some.
   */
  readonly triggersOf?: ((reference: string, platform: Platform) => readonly string[]) | undefined;
}

export interface CompileResult {
  readonly definition: Definition;
  /** Groups that modules declare with tags of their own. No part of the definition: a tag changes no image. */
  readonly groupTags: readonly GroupTags[];
  /** Images, exported or not, what others need first. */
  readonly stages: readonly Stage[];
  /** Sources in use, by name. */
  readonly plugins: ReadonlyMap<string, SourceIdentity>;
  /** Everything that is wrong; the definition is complete only if there is nothing. */
  readonly errors: readonly TsdockError[];
  readonly warnings: readonly Warning[];
}

/** Turns declarations into a graph. Pure: reads no file, and calls nothing but the helpers given to `with`. */
export function compile(options: CompileOptions): CompileResult {
  const problems = new Problems();
  const vertices = new VertexTable(options.workspace);
  const collected = collectExports(options.modules, problems);
  checkParams(options.params, problems);
  const names = new Map<Link, string>(collected.images.map(({ link, name }) => [link, name]));
  const compiler = new ChainCompiler({
    problems,
    vertices,
    names,
    findPackageDirectory: options.findPackageDirectory,
    labels: options.defaults?.labels ?? {},
    linkCopies: options.defaults?.copy?.link ?? false,
    triggersOf: options.triggersOf ?? (() => []),
  });
  const groups = groupsByImage(collected.groups, names, problems);
  const images = collected.images.flatMap(
    (image) => problems.attempt(() => compileImage(compiler, image, groups, options, problems)) ?? [],
  );
  const tops = images.flatMap(({ name, platforms }) =>
    platforms.flatMap(({ top }) => (top === undefined ? [] : [[name, top] as const])),
  );
  const reachable = vertices.reachable(tops);
  warnAboutReferences(reachable, new Set(names.values()), problems);
  return {
    definition: { vertices: reachable, images },
    groupTags: collected.groups.flatMap((group) => tagsOfGroup(group, problems)),
    stages: compiler.stages(),
    plugins: compiler.plugins,
    errors: problems.errors,
    warnings: problems.warnings,
  };
}

function compileImage(
  compiler: ChainCompiler,
  image: ExportedImage,
  groups: ReadonlyMap<Link, readonly string[]>,
  options: CompileOptions,
  problems: Problems,
): CompiledImage {
  const { link, name, module } = image;
  const declared = compiler.platformsOf(link);
  const drafts = new Map<string, Draft>();
  for (const target of options.onlyPlatforms ?? declared ?? options.platforms) {
    const draft = problems.attempt(() => compiler.compile(link, target));
    if (draft === undefined) continue;
    checkPinned(draft, declared, link, problems);
    const key = formatPlatform(draft.platform);
    if (!drafts.has(key)) drafts.set(key, draft);
  }
  const directory = options.findPackageDirectory(module.file);
  return {
    name,
    platforms: [...drafts.values()].map(finish),
    annotations: joinAnnotations([...drafts.values()], link, problems),
    ...described(name, link, [...drafts.values()], directory, options),
    directory,
    site: link.site,
    groups: groups.get(link) ?? [],
  };
}

function described(
  name: string,
  link: Link,
  drafts: readonly Draft[],
  directory: string,
  { defaults, describePackage }: CompileOptions,
): Pick<CompiledImage, "described"> {
  const root = rootOf(link).instruction;
  if (describePackage === undefined || (root.type === "image" && isPlain(root.options))) return {};
  const labels = defaults?.labels ?? {};
  return { described: describeImage({ name, drafts, labels, ofPackage: describePackage(directory) }) };
}

function finish(draft: Draft): CompiledPlatform {
  return {
    platform: draft.platform,
    ...(draft.source === undefined ? {} : { source: draft.source }),
    steps: draft.steps,
    ...(draft.top === undefined ? {} : { top: draft.top }),
  };
}

/** A pinned base decides: an image cannot be for a platform that what it is made of is not for. */
function checkPinned(
  draft: Draft,
  declared: readonly Platform[] | undefined,
  link: Link,
  problems: Problems,
): void {
  if (declared === undefined || samePlatform(draft.platform, draft.target)) return;
  const site = lastOf(link, "platforms")?.site ?? link.site;
  const [wanted, made] = [formatPlatform(draft.target), formatPlatform(draft.platform)];
  problems.add(
    problem(
      "PLATFORM_CONFLICT",
      `an image for ${wanted} begins with one that is pinned to ${made}`,
      site,
      "leave out one of the two",
    ),
  );
}

type Annotations = Record<AnnotationLevel, Readonly<Record<string, string>>>;

function joinAnnotations(drafts: readonly Draft[], link: Link, problems: Problems): Annotations {
  const joined: Record<AnnotationLevel, Record<string, string>> = { manifest: {}, index: {}, descriptor: {} };
  for (const [position, draft] of drafts.entries()) {
    for (const level of ["manifest", "index", "descriptor"] as const) {
      const own = draft.annotations[level];
      const names = new Set([...Object.keys(joined[level]), ...Object.keys(own)]);
      const differs = [...names].find((name) => joined[level][name] !== own[name]);
      if (position > 0 && differs !== undefined) {
        problems.add(
          problem(
            "ANNOTATION_CONFLICT",
            `the annotation ${differs} is not the same on all platforms`,
            link.site,
            "annotate outside of with(), or use a label",
          ),
        );
      }
      Object.assign(joined[level], own);
    }
  }
  return joined;
}

function checkParams(params: Params | undefined, problems: Problems): void {
  if (params === undefined) return;
  for (const error of params.errors) problems.add(error);
  for (const name of Object.keys(params.given)) {
    if (params.declared.has(name)) continue;
    const near = nearestNames(name, [...params.declared.keys()]);
    const known = [...params.declared.keys()].sort().join(", ");
    const hint =
      near.length > 0
        ? `did you mean ${near.join(" or ")}?`
        : known === ""
          ? "no module declares a param"
          : `there are ${known}`;
    problems.add(new TsdockError("PARAM_UNKNOWN", `no module declares the param ${name}`, { hint }));
  }
}

/** Text is a reference and never the name of an image here: easily meant otherwise. */
function warnAboutReferences(
  vertices: Definition["vertices"],
  names: ReadonlySet<string>,
  problems: Problems,
): void {
  for (const { op, site } of vertices.values()) {
    if (op.type !== "source" || op.kind !== "registry" || !names.has(op.reference)) continue;
    const place = site?.place();
    problems.warn({
      code: "REFERENCE_NAMES_IMAGE",
      message: `${op.reference} is taken from the registry, and is also an image of this workspace`,
      hint: "import the image where that is meant",
      ...(place === undefined ? {} : { place }),
    });
  }
}
