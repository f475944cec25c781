import { TsdockError } from "tsdock/plugin";
import { lockProblem } from "../lockfile/npm-lock.ts";
import type { YarnLock, YarnPackage } from "../lockfile/yarn-lock.ts";
import type { Project } from "../project/find-project.ts";
import type { WorkspacePackage } from "../project/workspace-packages.ts";
import { hoist, type HoistPackage, type Target } from "./hoist.ts";
import { type BinDirectory, byPath, type InstalledPackage, type Installation } from "./installation.ts";
import type { InstallOptions } from "./npm-installation.ts";
import { type Constraints, isNative, type NodeTarget, suits } from "./target.ts";

/** What a registry says of packages, as `tsdock.lock` has it: yarn's lockfiles leave it out. */
export interface PackageFact extends Constraints {
  readonly integrity?: string | undefined;
}
export type PackageFacts = ReadonlyMap<string, PackageFact>;

/** How facts are named. */
export const factName = ({ name, version }: Pick<YarnPackage, "name" | "version">): string =>
  `${name}@${version}`;

/** Packages of which the lockfile does not say enough to install them: an order that does not depend on anything else. */
export function missingFacts(walked: YarnWalk): readonly string[] {
  return [...new Set(walked.open.map(factName))].sort();
}

interface Walked {
  readonly importers: Map<string, Map<string, Target>>;
  readonly packages: Map<string, { readonly found: YarnPackage; readonly children: Map<string, Target> }>;
}

/** The closure of a package, and what is not known of it. */
export class YarnWalk {
  readonly #lock: YarnLock;
  readonly #workspace: readonly WorkspacePackage[];
  readonly #options: InstallOptions;
  readonly #facts: PackageFacts;
  readonly #walked: Walked = { importers: new Map(), packages: new Map() };
  readonly #pending: YarnPackage[] = [];
  /** Packages whose platforms or digests have to be asked for. */
  readonly open: YarnPackage[] = [];

  /** Without facts, what cannot be told is taken. */
  constructor(
    lock: YarnLock,
    workspace: readonly WorkspacePackage[],
    options: InstallOptions,
    facts: PackageFacts,
  ) {
    this.#lock = lock;
    this.#workspace = workspace;
    this.#options = options;
    this.#facts = facts;
  }

  from({ directory }: Pick<Project, "directory">): this {
    const { dev, also } = this.#options;
    const open = dev ? ["", directory, ...also] : [directory];
    for (const one of open) {
      if (this.#walked.importers.has(one)) continue;
      const children = this.#importer(one);
      this.#walked.importers.set(one, children);
      for (const target of children.values()) if ("directory" in target) open.push(target.directory);
    }
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      const children = this.#children(next.name, next.dependencies, next.optionalDependencies);
      const known = this.#walked.packages.get(next.key)?.children;
      for (const [alias, target] of children) known?.set(alias, target);
    }
    return this;
  }

  /** Error `NODE_LOCKFILE_INVALID` where a digest is missing. */
  installation(): Installation {
    const packages = new Map<string, HoistPackage>(
      [...this.#walked.packages].map(([key, { found, children }]) => [key, { children, peers: found.peers }]),
    );
    const placed = hoist({ importers: this.#walked.importers, packages });
    const installed = placed.flatMap(({ path, target, linkTo }) => {
      if (linkTo !== undefined) return [];
      const one = "key" in target ? this.#walked.packages.get(target.key) : undefined;
      return one === undefined ? [] : [this.#installed(path, one.found)];
    });
    return {
      packages: installed.sort(byPath),
      locals: [...this.#walked.importers.keys()].sort().map((one) => ({ directory: one, bin: {} })),
      links: placed.flatMap(({ path, target, linkTo }) => {
        const to = "directory" in target ? target.directory : linkTo;
        return to === undefined ? [] : [{ path, to }];
      }),
      bins: binDirectories(placed.map(({ path }) => path)),
    };
  }

  #installed(path: string, found: YarnPackage): InstalledPackage {
    const fact = this.#facts.get(factName(found));
    const integrity = found.integrity ?? fact?.integrity;
    if (integrity === undefined) {
      throw lockProblem(
        this.#lock.file,
        "NODE_LOCKFILE_UNSUPPORTED",
        `nothing proves the files of ${found.key}`,
        found.key,
        "publish it to a registry, or make it a package of the workspace",
      );
    }
    return {
      path,
      name: found.name,
      version: found.version,
      integrity,
      tarball: found.tarball,
      native: found.native || (fact !== undefined && isNative(fact)),
      scripts: undefined,
      bin: found.bin,
      ...(found.patch === undefined ? {} : { patch: found.patch }),
    };
  }

  #importer(directory: string): Map<string, Target> {
    const own = this.#workspace.find((one) => one.directory === directory);
    if (own === undefined) {
      throw lockProblem(
        this.#lock.file,
        "NODE_LOCKFILE_STALE",
        `${directory} is not a package of the workspace`,
        "",
        "add it to workspaces in the root's package.json, and run yarn install",
      );
    }
    const { dependencies, devDependencies, optionalDependencies, name = "" } = own.manifest;
    const required = Object.fromEntries(
      Object.entries({ ...(this.#options.dev ? devDependencies : {}), ...dependencies }).filter(
        ([alias]) => optionalDependencies[alias] === undefined,
      ),
    );
    return this.#children(name, required, optionalDependencies);
  }

  #children(
    parent: string,
    required: Readonly<Record<string, string>>,
    optional: Readonly<Record<string, string>>,
  ): Map<string, Target> {
    const children = new Map<string, Target>();
    for (const [alias, range] of Object.entries({ ...required, ...optional })) {
      const target = this.#target(alias, range, parent, optional[alias] !== undefined);
      if (target !== undefined) children.set(alias, target);
    }
    return children;
  }

  #target(alias: string, range: string, parent: string, optional: boolean): Target | undefined {
    const entry = this.#lock.find({ alias, range, parent });
    if (entry === undefined) {
      const local = this.#workspace.find(({ manifest }) => manifest.name === alias);
      if (local !== undefined) return { directory: local.directory };
      if (optional) return undefined;
      throw lockProblem(
        this.#lock.file,
        "NODE_LOCKFILE_STALE",
        `${parent} needs ${alias}@${range}, and the lockfile has no entry for it`,
        "",
        "run yarn install, and commit the lockfile",
      );
    }
    if ("directory" in entry) return entry;
    const { found } = entry;
    if (this.#isFor(found, optional)) {
      this.#walk(found);
      return { key: found.key };
    }
    if (optional) return undefined;
    throw new TsdockError(
      "NODE_PLATFORM",
      `${found.key} is needed and is not for ${platformText(this.#options.target)}`,
      {
        hint: "make it an optional dependency, or leave the platform out: image().platforms(…)",
      },
    );
  }

  #isFor(found: YarnPackage, optional: boolean): boolean {
    const { target } = this.#options;
    if (found.suits !== undefined)
      return found.suits({ os: [target.os], cpu: [target.cpu], libc: [target.libc] });
    const fact = this.#facts.get(factName(found));
    // what is needed in any case is not asked for its platforms
    if (fact === undefined && optional) this.open.push(found);
    return fact === undefined || suits(target, fact);
  }

  #walk(found: YarnPackage): void {
    if (this.#walked.packages.has(found.key)) return;
    if (found.integrity === undefined && this.#facts.get(factName(found)) === undefined)
      this.open.push(found);
    this.#walked.packages.set(found.key, { found, children: new Map() });
    this.#pending.push(found);
  }
}

const platformText = ({ os, cpu, libc }: NodeTarget): string => `${os}/${cpu} (${libc})`;

function binDirectories(paths: readonly string[]): BinDirectory[] {
  const directories = new Map<string, string[]>();
  for (const path of paths) {
    const at = path.lastIndexOf("node_modules/");
    const directory = `${path.slice(0, at)}node_modules/.bin`;
    directories.set(directory, [...(directories.get(directory) ?? []), path]);
  }
  return [...directories].map(([path, packages]) => ({ path, packages: packages.sort() })).sort(byPath);
}
