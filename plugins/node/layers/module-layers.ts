import fs from "node:fs/promises";
import {
  type Json,
  type LayerEntry,
  type PlanContext,
  type SourceContext,
  type SourcePlan,
  type SourceResult,
  toByteString,
} from "tsdock/plugin";
import type { InstalledPackage } from "../install/installation.ts";
import { readInstallation } from "../install/read-installation.ts";
import type { SpecOf } from "../options.ts";
import { join } from "../project/manifest.ts";
import { readArchive, withDirectories } from "../package/read-archive.ts";
import { PackageSource } from "../registry/package-source.ts";
import { layerGroups, type SizedPackage } from "./layer-groups.ts";
import { linkEntries } from "./link-entries.ts";
import { checkScripts } from "./install-scripts.ts";

/** Where a project lies in the image, as the paths of entries begin: files keep their place in the workspace. */
export const prefixOf = (to: string, root: string): string =>
  `${join(to, root).slice(1).replace(/\/$/, "")}/`;

async function packageEntries(
  installed: InstalledPackage,
  archive: string,
  project: string,
): Promise<LayerEntry[]> {
  const { files } = await readArchive(archive, `${installed.name} ${installed.version}`);
  const prefix = `${project}${installed.path}/`;
  const commands = new Set(Object.values(installed.bin ?? {}).map((file) => toByteString(file)));
  return [...files.values()].map((file) => ({
    ...file,
    path: `${toByteString(prefix)}${file.path}`,
    mode: commands.has(file.path) ? 0o755 : file.mode,
  }));
}

/** What of a package can change the bytes of its layer. */
const keyOf = ({ path, integrity, bin, patch }: InstalledPackage): Readonly<Record<string, Json>> => ({
  path,
  integrity,
  bin: bin ?? null,
  patch: patch ?? null,
});

/** An edit of the lockfile that changes nothing of this changes nothing. */
export async function planModules(spec: SpecOf<"modules">, context: PlanContext): Promise<SourcePlan> {
  const { installation } = await readInstallation(context, spec);
  return {
    key: {
      packages: installation.packages.map((installed) => ({
        ...keyOf(installed),
        native: installed.native,
        scripts: installed.scripts ?? null,
      })),
      links: installation.links.map(({ path, to }) => [path, to]),
      bins: installation.bins.map(({ path, packages }) => [path, packages]),
      locals: installation.locals.map(({ directory }) => directory),
    },
  };
}

/** The third-party packages of an app and all links, as layers. */
export async function moduleLayers(spec: SpecOf<"modules">, context: SourceContext): Promise<SourceResult> {
  const { project, installation } = await readInstallation(context, spec);
  const source = new PackageSource(context, project.root);
  const archives = new Map<InstalledPackage, string>();
  const sized = await Promise.all(
    installation.packages.map(async (installed): Promise<SizedPackage> => {
      const archive = await source.download(installed);
      archives.set(installed, archive);
      return { installed, size: (await fs.stat(archive)).size };
    }),
  );
  checkScripts(installation.packages, spec.scripts);
  const layers: {
    readonly layer: Awaited<ReturnType<SourceContext["layer"]>>;
    readonly createdBy: string;
  }[] = [];
  const prefix = prefixOf(spec.to, project.root);
  for (const { title, packages } of layerGroups(sized)) {
    const key = { kind: "packages", prefix, packages: packages.map(keyOf) };
    const layer = await context.keptLayer(key, async () => {
      const entries: LayerEntry[] = [];
      for (const installed of packages)
        entries.push(...(await packageEntries(installed, archives.get(installed) ?? "", prefix)));
      return withDirectories(entries);
    });
    if (layer !== undefined) layers.push({ layer, createdBy: `node modules: ${title}` });
  }
  const links = linkEntries(installation, prefix);
  const layer = await context.keptLayer(
    {
      kind: "links",
      links: links.map((entry) => [entry.path, entry.type === "symlink" ? entry.target : ""]),
    },
    () => withDirectories(links),
  );
  if (layer !== undefined) layers.push({ layer, createdBy: "node modules: links" });
  return { layers, config: {} };
}
