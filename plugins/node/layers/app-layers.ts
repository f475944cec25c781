import { createHash } from "node:crypto";
import {
  canonicalJson,
  type Json,
  type LayerEntry,
  type PlanContext,
  type SourceContext,
  type SourceLayer,
  type SourcePlan,
  type SourceResult,
  toByteString,
  TsdockError,
  type WorkspaceEntry,
} from "tsdock/plugin";
import { frameworks } from "../frameworks/framework.ts";
import { readInstallation } from "../install/read-installation.ts";
import type { SpecOf } from "../options.ts";
import { findProject } from "../project/find-project.ts";
import { packageFiles } from "../project/package-files.ts";
import { join, type Manifest, readManifest } from "../project/manifest.ts";
import { withDirectories } from "../package/read-archive.ts";
import { workspacePackages } from "../project/workspace-packages.ts";
import { prefixOf } from "./module-layers.ts";

/** More packages of a workspace than this share layers, by their names. */
const mostAlone = 24;

interface LocalFiles {
  readonly directory: string;
  readonly title: string;
  readonly entries: readonly WorkspaceEntry[];
  /** Of paths, modes and contents. */
  readonly digest: string;
}

/** The packages of the workspace that an app needs, with their files; the app itself is the last. */
function localFiles(spec: SpecOf<"app">, locked: Json, context: PlanContext): readonly LocalFiles[] {
  const { project, installation } = readInstallation(context, { ...spec, dev: spec.sources }, locked);
  const others = workspacePackages(context, project.root).map(({ directory }) => directory);
  const described = installation.locals.map(({ directory }) => {
    const manifest = readManifest(context, join(project.root, directory));
    if (manifest === undefined) throw noManifest(join(project.root, directory));
    const isApp = directory === project.directory;
    const patterns = spec.sources ? ["**"] : isApp ? spec.files : null;
    const written = isApp ? spec.written : [];
    const selection = { root: project.root, directory, manifest, patterns, others, written };
    const entries = packageFiles(context, selection);
    if (isApp) checkFramework(spec, manifest);
    if (isApp && !spec.sources && !spec.built) checkEntry(entries, spec, manifest);
    return { directory, title: manifest.name ?? directory, entries, digest: digestOf(entries) };
  });
  return [
    ...described.filter(({ directory }) => directory !== project.directory),
    ...described.filter(({ directory }) => directory === project.directory),
  ];
}

function digestOf(entries: readonly WorkspaceEntry[]): string {
  const lines = entries.map(({ entry, sha256 }) => [
    entry.path,
    entry.type,
    entry.mode,
    sha256 ?? (entry.type === "symlink" ? entry.target : ""),
  ]);
  return createHash("sha256").update(canonicalJson(lines)).digest("hex");
}

function checkEntry(entries: readonly WorkspaceEntry[], spec: SpecOf<"app">, manifest: Manifest): void {
  if (entries.some(({ entry }) => entry.path === toByteString(spec.entry))) return;
  throw new TsdockError(
    "NODE_ENTRY_MISSING",
    `${spec.entry} is not among the files of ${manifest.name ?? spec.package}`,
    {
      place: { file: manifest.file.path, line: 1, column: 1 },
      hint: "build it first; `files` in package.json or in nodeApp() must have it, and .dockerignore must not",
    },
  );
}

/** Error `NODE_OPTIONS` where a package has nothing to do with the framework that is named. */
function checkFramework({ framework }: SpecOf<"app">, manifest: Manifest): void {
  if (framework === null) return;
  const needed = frameworks[framework].package;
  if (Object.hasOwn({ ...manifest.dependencies, ...manifest.devDependencies }, needed)) return;
  throw new TsdockError(
    "NODE_OPTIONS",
    `the package is built as an app of ${framework}, and does not depend on ${needed}`,
    {
      place: { file: manifest.file.path, line: 1, column: 1 },
      hint: "name another package, or give entry and build instead of framework",
    },
  );
}

const noManifest = (directory: string): TsdockError =>
  new TsdockError(
    "NODE_LOCKFILE_STALE",
    `the lockfile names the package ${directory}, which has no package.json`,
    {
      hint: "run the package manager's install, and commit the lockfile",
    },
  );

export function planApp(spec: SpecOf<"app">, locked: Json, context: PlanContext): SourcePlan {
  const locals = localFiles(spec, locked, context);
  return { key: Object.fromEntries(locals.map(({ directory, digest }) => [directory, digest])) };
}

function placed(local: LocalFiles, project: string): LayerEntry[] {
  const prefix = toByteString(`${project}${local.directory === "" ? "" : `${local.directory}/`}`);
  return local.entries.map(({ entry }) => ({ ...entry, path: `${prefix}${entry.path}` }));
}

const bucketOf = (directory: string): number =>
  createHash("sha256").update(directory).digest().readUInt32BE(0) % mostAlone;

/** Packages that share a layer, the app's own last. */
function groupsOf(locals: readonly LocalFiles[]): readonly (readonly LocalFiles[])[] {
  const [app, others] = [locals.slice(-1), locals.slice(0, -1)];
  if (others.length <= mostAlone) return [...others.map((local) => [local]), app];
  const buckets = new Map<number, LocalFiles[]>();
  for (const local of others) {
    const bucket = bucketOf(local.directory);
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), local]);
  }
  return [...[...buckets].sort(([a], [b]) => a - b).map(([, members]) => members), app];
}

/** The packages of the workspace, each as a layer, then the app. */
export async function appLayers(
  spec: SpecOf<"app">,
  locked: Json,
  context: SourceContext,
): Promise<SourceResult> {
  const layers: { readonly layer: SourceLayer; readonly createdBy: string }[] = [];
  const prefix = prefixOf(spec.to, findProject(context, spec.package).root);
  for (const group of groupsOf(localFiles(spec, locked, context))) {
    const key = {
      kind: "local",
      prefix,
      packages: group.map(({ directory, digest }) => [directory, digest]),
    };
    const layer = await context.keptLayer(key, () =>
      withDirectories(group.flatMap((local) => placed(local, prefix))),
    );
    if (layer !== undefined)
      layers.push({ layer, createdBy: `node app: ${group.map(({ title }) => title).join(", ")}` });
  }
  return { layers, config: {} };
}
