import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import {
  type ByteString,
  type FileEntry,
  type Json,
  type LayerEntry,
  type PlanContext,
  type SourceContext,
  type SourceLayer,
  type SourcePlan,
  type SourceResult,
  toByteString,
  TsdockError,
} from "tsdock/plugin";
import type { InstalledPackage, Installation } from "../install/installation.ts";
import { readInstallation } from "../install/read-installation.ts";
import type { SpecOf } from "../options.ts";
import { applyPatch } from "../package/apply-patch.ts";
import { readArchive, withDirectories } from "../package/read-archive.ts";
import { packageFacts } from "../package/package-facts.ts";
import { join } from "../project/manifest.ts";
import { projectScripts } from "../project/pnpm-settings.ts";
import { PackageSource } from "../registry/package-source.ts";
import { checkScripts } from "./install-scripts.ts";
import { type LayerGroup, layerGroups, type SizedPackage } from "./layer-groups.ts";
import { linkEntries } from "./link-entries.ts";

/** Where a project lies in the image, as the paths of entries begin: files keep their place in the workspace. */
export const prefixOf = (to: string, root: string): string =>
  `${join(to, root).slice(1).replace(/\/$/, "")}/`;

/** A package whose archive is here. */
interface FetchedPackage extends SizedPackage {
  readonly archive: string;
}

type Patches = ReadonlyMap<string, Uint8Array>;

/** The patches that packages of an installation need, by their path in the project. Error `NODE_PATCH_FAILED`. */
function readPatches(installation: Installation, root: string, context: PlanContext): Patches {
  const names = new Set(installation.packages.flatMap(({ patch }) => patch ?? []));
  return new Map(
    [...names].map((name) => {
      const content = context.files.read(join(root, name));
      if (content !== undefined) return [name, content];
      throw new TsdockError("NODE_PATCH_FAILED", `the patch ${join(root, name)} is not there`, {
        hint: "commit it, or make it again with the package manager's patch command",
      });
    }),
  );
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What of a package can change the bytes of its layer. */
const keyOf = (
  { path: at, integrity, bin, patch }: InstalledPackage,
  patches: Patches,
): Readonly<Record<string, Json>> => ({
  path: at,
  integrity,
  bin: bin ?? null,
  patch: patch === undefined ? null : sha256(patches.get(patch) ?? new Uint8Array()),
});

/** An edit of the lockfile that changes nothing of this changes nothing. By their paths, so that `tsdock why` can tell which package it was. */
export function planModules(spec: SpecOf<"modules">, locked: Json, context: PlanContext): SourcePlan {
  const { project, installation } = readInstallation(context, spec, locked);
  const patches = readPatches(installation, project.root, context);
  return {
    key: {
      root: project.root,
      packages: Object.fromEntries(
        installation.packages.map((installed) => [
          installed.path,
          {
            ...keyOf(installed, patches),
            version: installed.version,
            native: installed.native,
            scripts: installed.scripts ?? null,
          },
        ]),
      ),
      links: Object.fromEntries(installation.links.map(({ path: at, to }) => [at, to])),
      bins: Object.fromEntries(installation.bins.map(({ path: at, packages }) => [at, packages])),
      locals: Object.fromEntries(installation.locals.map(({ directory, bin }) => [directory, bin])),
      scripts: projectScripts(context, project.root),
    },
  };
}

/** The third-party packages of an app and all links, as layers. */
export async function moduleLayers(
  spec: SpecOf<"modules">,
  locked: Json,
  context: SourceContext,
): Promise<SourceResult> {
  const { project, installation } = readInstallation(context, spec, locked);
  const source = new PackageSource(context, project.root);
  const fetched = await Promise.all(
    installation.packages.map((installed) => fetchPackage(installed, source)),
  );
  const known = { ...installation, packages: fetched.map(({ installed }) => installed) };
  checkScripts(known.packages, [...spec.scripts, ...projectScripts(context, project.root)]);
  const packing = new Packing(
    context,
    prefixOf(spec.to, project.root),
    project.root,
    readPatches(known, project.root, context),
  );
  const layers: { readonly layer: SourceLayer; readonly createdBy: string }[] = [];
  for (const group of layerGroups(fetched)) {
    const layer = await packing.group(group, fetched);
    if (layer !== undefined) layers.push({ layer, createdBy: `node modules: ${group.title}` });
  }
  const layer = await packing.links(known);
  if (layer !== undefined) layers.push({ layer, createdBy: "node modules: links" });
  return { layers, config: {} };
}

/** With what the lockfile does not say of it. */
async function fetchPackage(installed: InstalledPackage, source: PackageSource): Promise<FetchedPackage> {
  const archive = await source.download(installed);
  const { size } = await fs.stat(archive);
  if (installed.bin !== undefined && installed.scripts !== undefined) return { installed, archive, size };
  const facts = await packageFacts(archive, `${installed.name} ${installed.version}`);
  const complete = {
    ...installed,
    bin: installed.bin ?? facts.bin,
    scripts: installed.scripts ?? facts.scripts,
  };
  return { installed: complete, archive, size };
}

/** Makes the layers of one installation. */
class Packing {
  readonly #context: SourceContext;
  readonly #prefix: string;
  readonly #root: string;
  readonly #patches: Patches;

  constructor(context: SourceContext, prefix: string, root: string, patches: Patches) {
    this.#context = context;
    this.#prefix = prefix;
    this.#root = root;
    this.#patches = patches;
  }

  group({ packages }: LayerGroup, fetched: readonly FetchedPackage[]): Promise<SourceLayer | undefined> {
    const archives = new Map(fetched.map(({ installed, archive }) => [installed, archive]));
    const key = {
      kind: "packages",
      prefix: this.#prefix,
      packages: packages.map((installed) => keyOf(installed, this.#patches)),
    };
    return this.#context.keptLayer(key, async () => {
      const entries: LayerEntry[] = [];
      for (const installed of packages)
        entries.push(...(await this.#entries(installed, archives.get(installed) ?? "")));
      return withDirectories(entries);
    });
  }

  links(installation: Installation): Promise<SourceLayer | undefined> {
    const links = linkEntries(installation, this.#prefix);
    const listed = links.map((entry) => [entry.path, entry.type === "symlink" ? entry.target : ""]);
    return this.#context.keptLayer({ kind: "links", links: listed }, () => withDirectories(links));
  }

  async #entries(installed: InstalledPackage, archive: string): Promise<LayerEntry[]> {
    const title = `${installed.name} ${installed.version}`;
    const { files } = await readArchive(archive, title);
    const patched = this.#patched(files, installed, title);
    const prefix = toByteString(`${this.#prefix}${installed.path}/`);
    const commands = new Set(Object.values(installed.bin ?? {}).map((file) => toByteString(file)));
    return [...patched.values()].map((file) => ({
      ...file,
      path: `${prefix}${file.path}`,
      mode: commands.has(file.path) ? 0o755 : file.mode,
    }));
  }

  #patched(
    files: ReadonlyMap<ByteString, FileEntry>,
    { patch }: InstalledPackage,
    title: string,
  ): ReadonlyMap<ByteString, FileEntry> {
    const content = patch === undefined ? undefined : this.#patches.get(patch);
    if (patch === undefined || content === undefined) return files;
    const file = path.join(this.#context.workspace, this.#root, patch);
    return applyPatch(files, { file, content }, title);
  }
}
