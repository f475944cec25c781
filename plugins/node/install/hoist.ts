import { TsdockError } from "tsdock/plugin";

/** What a name leads to: a package by its key, or a directory of the project. */
export type Target = { readonly key: string } | { readonly directory: string };

export interface HoistPackage {
  /** By the name that it is imported as. */
  readonly children: ReadonlyMap<string, Target>;
  /** Names that it expects to find where it is used. */
  readonly peers: readonly string[];
}

export interface HoistInput {
  /** Packages of the workspace by directory, with what each depends on. */
  readonly importers: ReadonlyMap<string, ReadonlyMap<string, Target>>;
  readonly packages: ReadonlyMap<string, HoistPackage>;
}

/** A name in a `node_modules`. */
export interface Placed {
  /** `packages/api/node_modules/a` */
  readonly path: string;
  readonly target: Target;
  /** Where it is already, above: a link leads there. */
  readonly linkTo?: string;
}

/** A directory that has a `node_modules`. */
interface Site {
  readonly path: string;
  readonly key: string | undefined;
  readonly parent: Site | undefined;
  readonly names: Map<string, { readonly target: Target; readonly site: Site | undefined }>;
  /** Names that something at or below this site finds above it: they must stay as they are. */
  readonly passed: Map<string, string>;
}

const idOf = (target: Target): string => ("key" in target ? target.key : `./${target.directory}`);

interface Task {
  readonly site: Site;
  readonly alias: string;
  readonly target: Target;
}

/**
 * Puts every package as near to the root as Node's lookup allows, breadth first and by name: the same input gives the
 * same tree. Every package finds exactly what it depends on; a second version lies below those that need it.
 * Error `NODE_LOCKFILE_UNSUPPORTED` where that has no reasonable end.
 */
export function hoist(input: HoistInput): readonly Placed[] {
  return new Hoister(input).run();
}

class Hoister {
  readonly #input: HoistInput;
  readonly #placed: Placed[] = [];
  readonly #root: Site = newSite("", undefined, undefined);

  constructor(input: HoistInput) {
    this.#input = input;
  }

  run(): readonly Placed[] {
    const { importers } = this.#input;
    const sites = [...importers].map(([directory, children]) => {
      const site = directory === "" ? this.#root : newSite(directory, undefined, this.#root);
      return { site, children };
    });
    // packages of the workspace are found from the root by their names
    let tasks = sites.flatMap(({ site, children }) => this.#tasks(site, children));
    tasks.sort((a, b) => Number("key" in a.target) - Number("key" in b.target));
    while (tasks.length > 0) {
      const next: Task[] = [];
      for (const task of tasks) next.push(...this.#place(task));
      tasks = next;
    }
    return this.#placed.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Those that others expect to find come first. */
  #tasks(site: Site, children: ReadonlyMap<string, Target>): Task[] {
    const peersOf = (target: Target): number =>
      "key" in target ? (this.#input.packages.get(target.key)?.peers.length ?? 0) : 0;
    return [...children]
      .map(([alias, target]) => ({ site, alias, target }))
      .sort((a, b) => peersOf(a.target) - peersOf(b.target) || (a.alias < b.alias ? -1 : 1));
  }

  /** What the package that was placed needs in turn; nothing where it was there already. */
  #place({ site, alias, target }: Task): Task[] {
    const id = idOf(target);
    const found = lookup(site, alias);
    if (found !== undefined && idOf(found.target) === id && this.#peersFit(target, site, found.at)) {
      mark(site, found.at, alias, id);
      return [];
    }
    const at = this.#highest(site, alias, target);
    const path = `${at.path === "" ? "" : `${at.path}/`}node_modules/${alias}`;
    // Versions that need one another in a circle would lie in one another without end.
    const above = "key" in target ? ancestorOf(at, target.key) : undefined;
    const inner = "key" in target && above === undefined ? newSite(path, target.key, at) : undefined;
    at.names.set(alias, { target, site: inner });
    mark(site, at, alias, id);
    this.#placed.push({ path, target, ...(above === undefined ? {} : { linkTo: above.path }) });
    this.#checkLimit();
    const children = "key" in target ? this.#input.packages.get(target.key)?.children : undefined;
    return inner === undefined || children === undefined ? [] : this.#tasks(inner, children);
  }

  #checkLimit(): void {
    if (this.#placed.length <= 10_000 + 20 * this.#input.packages.size) return;
    throw new TsdockError(
      "NODE_LOCKFILE_UNSUPPORTED",
      "packages need other versions of one another in so many ways that they cannot be laid out",
      { hint: "let the lockfile have fewer versions: npm dedupe, yarn dedupe" },
    );
  }

  /** The site nearest to the root where the name is free and nobody below is misled. */
  #highest(site: Site, alias: string, target: Target): Site {
    const id = idOf(target);
    let best: Site | undefined;
    for (let at: Site | undefined = site; at !== undefined; at = at.parent) {
      if (at.names.has(alias)) break;
      const passed = at.passed.get(alias);
      const isFree = passed === undefined || passed === id;
      if (isFree && this.#peersFit(target, site, at)) best = at;
    }
    return best ?? site;
  }

  /** Whether a package finds the same peers from `at` as whoever needs it does. */
  #peersFit(target: Target, from: Site, at: Site): boolean {
    if (at === from || !("key" in target)) return true;
    const peers = this.#input.packages.get(target.key)?.peers ?? [];
    return peers.every((peer) => {
      const wanted = lookup(from, peer);
      const there = lookup(at, peer);
      return wanted === undefined || (there !== undefined && idOf(there.target) === idOf(wanted.target));
    });
  }
}

const newSite = (path: string, key: string | undefined, parent: Site | undefined): Site => ({
  path,
  key,
  parent,
  names: new Map(),
  passed: new Map(),
});

function ancestorOf(site: Site, key: string): Site | undefined {
  for (let at: Site | undefined = site; at !== undefined; at = at.parent) if (at.key === key) return at;
  return undefined;
}

function lookup(from: Site, alias: string): { readonly target: Target; readonly at: Site } | undefined {
  for (let at: Site | undefined = from; at !== undefined; at = at.parent) {
    const found = at.names.get(alias);
    if (found !== undefined) return { target: found.target, at };
  }
  return undefined;
}

/** Notes that a name is found above: it may not be put between. */
function mark(from: Site, to: Site, alias: string, id: string): void {
  for (let at: Site | undefined = from; at !== undefined && at !== to; at = at.parent)
    at.passed.set(alias, id);
}
