import { createHash } from "node:crypto";
import path from "node:path";
import { lockProblem } from "../lockfile/npm-lock.ts";
import type { PnpmImporter, PnpmLock, PnpmSnapshot } from "../lockfile/pnpm-lock.ts";
import type { Project } from "../project/find-project.ts";
import { join } from "../project/manifest.ts";
import type { PnpmSettings } from "../project/pnpm-settings.ts";
import {
  type BinDirectory,
  byPath,
  type InstalledLink,
  type InstalledPackage,
  type Installation,
} from "./installation.ts";
import type { InstallOptions } from "./npm-installation.ts";
import { wrongPlatform } from "./npm-installation.ts";
import { isNative, suits } from "./target.ts";

const store = "node_modules/.pnpm";
/** Longer names would not fit into a file system once a temporary suffix is added. */
const longestName = 120;

/** The directory of a package in the virtual store, as pnpm names it; long ones end with a digest. */
export function storeName(key: string): string {
  const name = key
    .replace(/[\\/:*?"<>|#]/g, "+")
    .replace(/\)$/, "")
    .replace(/\)\(|\(|\)/g, "_");
  if (name.length <= longestName) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 32);
  return `${name.slice(0, longestName - 33)}_${digest}`;
}

const locationOf = ({ key, name }: PnpmSnapshot): string => `${store}/${storeName(key)}/node_modules/${name}`;

/** What an alias leads to: a package of the store, or one of the workspace by its directory. */
type Found = { readonly snapshot: PnpmSnapshot } | { readonly directory: string };
type Children = ReadonlyMap<string, Found>;

/** What pnpm would install for one package of a workspace: a store of packages, symbolic links between them. */
export function pnpmInstallation(
  lock: PnpmLock,
  project: Project,
  settings: PnpmSettings,
  options: InstallOptions,
): Installation {
  if (settings.nodeLinker !== "isolated") {
    throw lockProblem(
      lock.file,
      "NODE_LOCKFILE_UNSUPPORTED",
      `the project installs with node-linker=${settings.nodeLinker}`,
      "",
      "only pnpm's default layout (isolated) is made: remove the setting",
    );
  }
  return new PnpmWalk(lock, settings, options).from(project.directory);
}

class PnpmWalk {
  readonly #lock: PnpmLock;
  readonly #settings: PnpmSettings;
  readonly #options: InstallOptions;
  readonly #importers = new Map<string, Children>();
  /** In the order in which they are found: breadth first. */
  readonly #snapshots = new Map<
    string,
    { readonly snapshot: PnpmSnapshot; readonly children: Children; readonly depth: number }
  >();

  constructor(lock: PnpmLock, settings: PnpmSettings, options: InstallOptions) {
    this.#lock = lock;
    this.#settings = settings;
    this.#options = options;
  }

  from(directory: string): Installation {
    const { dev, also } = this.#options;
    const open = dev ? ["", directory, ...also] : [directory];
    for (const one of open) {
      if (this.#importers.has(one)) continue;
      const children = this.#importerChildren(one);
      this.#importers.set(one, children);
      for (const found of children.values()) if ("directory" in found) open.push(found.directory);
    }
    this.#walkSnapshots();
    const nodes = [...this.#snapshots.values()];
    return {
      packages: nodes.map(({ snapshot }) => this.#package(snapshot)).sort(byPath),
      locals: [...this.#importers.keys()].sort().map((one) => ({ directory: one, bin: {} })),
      links: this.#links().sort(byPath),
      bins: this.#bins().sort(byPath),
    };
  }

  #walkSnapshots(): void {
    let level = [...this.#importers.values()].flatMap((children) => [...children.values()]);
    for (let depth = 0; level.length > 0; depth++) {
      const next: Found[] = [];
      for (const found of level) {
        if ("directory" in found || this.#snapshots.has(found.snapshot.key)) continue;
        const { snapshot } = found;
        const children = this.#snapshotChildren(snapshot);
        this.#snapshots.set(snapshot.key, { snapshot, children, depth });
        next.push(...children.values());
      }
      level = next;
    }
  }

  #importerChildren(directory: string): Children {
    const importer = this.#lock.importers.get(directory);
    if (importer === undefined) {
      throw lockProblem(
        this.#lock.file,
        "NODE_LOCKFILE_STALE",
        `the lockfile does not know ${directory === "" ? "the project" : directory}`,
        "importers",
        "run pnpm install, and commit the lockfile",
      );
    }
    const children = new Map<string, Found>();
    const add = (dependencies: PnpmImporter["dependencies"], optional: boolean): void => {
      for (const [alias, { version }] of Object.entries(dependencies)) {
        const found = this.#find(alias, version, directory, optional, directory === "" ? "." : directory);
        if (found !== undefined) children.set(alias, found);
      }
    };
    if (this.#options.dev) add(importer.devDependencies, false);
    add(importer.dependencies, false);
    add(importer.optionalDependencies, true);
    return children;
  }

  #snapshotChildren(snapshot: PnpmSnapshot): Children {
    const children = new Map<string, Found>();
    const add = (dependencies: Readonly<Record<string, string>>, optional: boolean): void => {
      for (const [alias, version] of Object.entries(dependencies)) {
        const found = this.#find(alias, version, "", optional, snapshot.key);
        if (found !== undefined) children.set(alias, found);
      }
    };
    add(snapshot.dependencies, false);
    add(snapshot.optionalDependencies, true);
    return children;
  }

  /** `base`: what `link:` is relative to. */
  #find(alias: string, version: string, base: string, optional: boolean, from: string): Found | undefined {
    if (version.startsWith("link:")) return { directory: this.#linked(version, base, alias) };
    const plain = version.replace(/^\//, "");
    const snapshot = this.#lock.snapshots.get(plain) ?? this.#lock.snapshots.get(`${alias}@${plain}`);
    if (snapshot === undefined) {
      const message = `${from} needs ${alias} ${version}, and the lockfile has no entry for it`;
      throw lockProblem(this.#lock.file, "NODE_LOCKFILE_INVALID", message, from);
    }
    if (suits(this.#options.target, snapshot)) return { snapshot };
    if (optional || snapshot.optional) return undefined;
    throw wrongPlatform(this.#lock.file, { ...snapshot, path: snapshot.key }, this.#options.target);
  }

  #linked(version: string, base: string, alias: string): string {
    const target = path.posix.normalize(
      path.posix.join(base === "" ? "." : base, version.slice("link:".length)),
    );
    const directory = target === "." || target === "./" ? "" : target.replace(/\/$/, "");
    if (!directory.startsWith("../") && directory !== ".." && !directory.startsWith("/")) return directory;
    throw lockProblem(
      this.#lock.file,
      "NODE_LOCKFILE_UNSUPPORTED",
      `${alias} is linked to ${directory}, outside of the project`,
      version,
      "make it a package of the workspace",
    );
  }

  #package(snapshot: PnpmSnapshot): InstalledPackage {
    const { key, name, version, integrity, tarball, kind, hasBin, requiresBuild, patched } = snapshot;
    if (integrity === undefined) {
      const what =
        kind === "directory"
          ? "is a copy of a directory (injected)"
          : "has no integrity that proves its files";
      throw lockProblem(
        this.#lock.file,
        "NODE_LOCKFILE_UNSUPPORTED",
        `${key} ${what}`,
        key,
        kind === "directory"
          ? "link it: remove dependenciesMeta.injected"
          : "publish it to a registry, or make it a package of the workspace",
      );
    }
    return {
      path: locationOf(snapshot),
      name,
      version,
      integrity,
      tarball,
      native: isNative(snapshot),
      scripts: requiresBuild,
      bin: hasBin ? undefined : {},
      ...(patched ? { patch: this.#patchFor(snapshot) } : {}),
    };
  }

  #patchFor({ key, name, version }: PnpmSnapshot): string {
    const { patches } = this.#lock;
    const ranged = [...patches.keys()].find((target) => target.startsWith(`${name}@`));
    const target = [`${name}@${version}`, name].find((one) => patches.has(one)) ?? ranged;
    const found = target === undefined ? undefined : (patches.get(target) ?? this.#settings.patches[target]);
    if (found !== undefined) return found;
    throw lockProblem(
      this.#lock.file,
      "NODE_LOCKFILE_INVALID",
      `${key} is patched, and nothing says by which file`,
      key,
      "name it under patchedDependencies, and run pnpm install",
    );
  }

  #targetOf(found: Found): string {
    return "directory" in found ? found.directory : locationOf(found.snapshot);
  }

  #links(): InstalledLink[] {
    const links = new Map<string, string>();
    for (const [directory, children] of this.#importers) {
      for (const [alias, found] of children) {
        const at = join(directory, `node_modules/${alias}`);
        links.set(at, this.#targetOf(found));
      }
    }
    for (const { snapshot, children } of this.#snapshots.values()) {
      const around = `${store}/${storeName(snapshot.key)}/node_modules`;
      for (const [alias, found] of children) {
        // A package may depend on itself; its own place is taken.
        if (alias !== snapshot.name) links.set(`${around}/${alias}`, this.#targetOf(found));
      }
    }
    for (const [at, to] of this.#hoisted()) if (!links.has(at)) links.set(at, to);
    return [...links].map(([at, to]) => ({ path: at, to }));
  }

  /** What is found by packages that do not declare it: the nearest one of each name. */
  #hoisted(): ReadonlyMap<string, string> {
    const { hoist, shamefullyHoist } = this.#settings;
    const links = new Map<string, string>();
    if (!hoist && !shamefullyHoist) return links;
    const root = shamefullyHoist ? "node_modules" : `${store}/node_modules`;
    const direct = [...this.#importers.values()];
    const nodes = [...this.#snapshots.values()].sort(
      (a, b) => a.depth - b.depth || (a.snapshot.key < b.snapshot.key ? -1 : 1),
    );
    for (const children of [...direct, ...nodes.map((node) => node.children)]) {
      for (const [alias, found] of children) {
        if (!links.has(`${root}/${alias}`) && "snapshot" in found)
          links.set(`${root}/${alias}`, this.#targetOf(found));
      }
    }
    return links;
  }

  #bins(): BinDirectory[] {
    const importers = [...this.#importers].map(([directory, children]) => ({
      path: join(directory, "node_modules/.bin"),
      packages: [...children.keys()].sort().map((alias) => join(directory, `node_modules/${alias}`)),
    }));
    const packages = [...this.#snapshots.values()].map(({ snapshot, children }) => {
      const around = `${store}/${storeName(snapshot.key)}/node_modules`;
      return {
        path: `${locationOf(snapshot)}/node_modules/.bin`,
        packages: [...children.keys()].sort().map((alias) => `${around}/${alias}`),
      };
    });
    return [...importers, ...packages].filter((directory) => directory.packages.length > 0);
  }
}
