import type { TsdockError } from "tsdock/plugin";
import type { Project } from "../project/find-project.ts";
import type { DataFile } from "../project/data-file.ts";
import { lockProblem, type NpmEntry, type NpmLock } from "../lockfile/npm-lock.ts";
import {
  type BinDirectory,
  byPath,
  type InstalledLink,
  type InstalledPackage,
  type Installation,
  type LocalPackage,
} from "./installation.ts";
import { isNative, type NodeTarget, suits } from "./target.ts";

export interface InstallOptions {
  readonly target: NodeTarget;
  /** With what is needed to build: `devDependencies` of the packages of the workspace. */
  readonly dev: boolean;
  /** Directories of further packages of the workspace that are needed with what they need. */
  readonly also: readonly string[];
}

interface Edge {
  readonly name: string;
  readonly optional: boolean;
}

/** What an entry asks for. An optional dependency is listed twice by npm: as optional it counts. */
function edgesOf(entry: NpmEntry, dev: boolean): Edge[] {
  const edges = new Map<string, Edge>();
  const add = (names: Readonly<Record<string, string>>, optional: (name: string) => boolean): void => {
    for (const name of Object.keys(names)) edges.set(name, { name, optional: optional(name) });
  };
  add(entry.peerDependencies, (name) => entry.optionalPeers.has(name));
  if (dev) add(entry.devDependencies, () => false);
  add(entry.dependencies, () => false);
  add(entry.optionalDependencies, () => true);
  return [...edges.values()];
}

/** Node's way up: `node_modules` of the entry, then of each directory above it. */
function* lookup(path: string, name: string): Generator<string> {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
    if (!at.endsWith("/node_modules") && at !== "node_modules")
      yield at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (at === "") return;
  }
}

/** What npm would install for one package of a workspace: the lockfile's own tree, without what nothing leads to. */
export function npmInstallation(lock: NpmLock, project: Project, options: InstallOptions): Installation {
  const start = lock.entries.get(project.directory);
  if (start === undefined) {
    throw lockProblem(
      lock.file,
      "NODE_LOCKFILE_STALE",
      `the lockfile does not know ${project.directory === "" ? "the project" : project.directory}`,
      '"packages"',
      "run npm install, and commit the lockfile",
    );
  }
  const further = options.dev ? ["", ...options.also] : [];
  const starts = new Set([start, ...further.flatMap((directory) => lock.entries.get(directory) ?? [])]);
  return new NpmWalk(lock, options).from([...starts]);
}

class NpmWalk {
  readonly #lock: NpmLock;
  readonly #options: InstallOptions;
  readonly #seen = new Map<string, NpmEntry>();
  readonly #links: InstalledLink[] = [];

  constructor(lock: NpmLock, options: InstallOptions) {
    this.#lock = lock;
    this.#options = options;
  }

  from(starts: readonly NpmEntry[]): Installation {
    const open = [...starts];
    for (const start of starts) this.#seen.set(start.path, start);
    for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
      for (const next of this.#next(entry)) open.push(next);
    }
    const entries = [...this.#seen.values()];
    const packages = entries.filter(isInstalled).map((entry) => this.#package(entry));
    const locals = entries.filter((entry) => !isInstalled(entry) && !entry.link && !entry.inBundle);
    return {
      packages: packages.sort(byPath),
      locals: locals.map((entry): LocalPackage => ({ directory: entry.path, bin: {} })).sort(byDirectory),
      links: this.#links.sort(byPath),
      bins: binDirectories(entries),
    };
  }

  /** Entries that are reached for the first time. */
  #next(entry: NpmEntry): NpmEntry[] {
    // npm puts devDependencies of the workspace's own packages only
    const dev = this.#options.dev && isLocal(entry);
    return edgesOf(entry, dev).flatMap((edge) => {
      const found = this.#find(entry, edge);
      if (found === undefined || this.#seen.has(found.path)) return [];
      this.#seen.set(found.path, found);
      if (!found.link) return [found];
      const target = this.#target(found);
      this.#links.push({ path: found.path, to: target.path });
      if (this.#seen.has(target.path)) return [];
      this.#seen.set(target.path, target);
      return [target];
    });
  }

  #find(entry: NpmEntry, { name, optional }: Edge): NpmEntry | undefined {
    for (const path of lookup(entry.path, name)) {
      const found = this.#lock.entries.get(path);
      if (found === undefined) continue;
      if (suits(this.#options.target, found)) return found;
      if (optional || found.optional) return undefined;
      throw wrongPlatform(this.#lock.file, found, this.#options.target);
    }
    if (optional) return undefined;
    // Without a lockfile of its own, npm leaves a peer out that was overridden away.
    if (entry.peerDependencies[name] !== undefined && entry.dependencies[name] === undefined)
      return undefined;
    throw lockProblem(
      this.#lock.file,
      "NODE_LOCKFILE_INVALID",
      `${entry.path === "" ? "the project" : entry.path} needs ${name}, and the lockfile has no entry for it`,
      `${JSON.stringify(entry.path)}:`,
      "run npm install, and commit the lockfile",
    );
  }

  #target(link: NpmEntry): NpmEntry {
    const target = link.resolved === undefined ? undefined : this.#lock.entries.get(link.resolved);
    if (target !== undefined && !target.link) return target;
    throw lockProblem(
      this.#lock.file,
      "NODE_LOCKFILE_INVALID",
      `the link ${link.path} leads to ${link.resolved ?? "nothing"}, which has no entry`,
      `${JSON.stringify(link.path)}:`,
    );
  }

  #package(entry: NpmEntry): InstalledPackage {
    const name = entry.name ?? entry.path.slice(entry.path.lastIndexOf("node_modules/") + 13);
    const { version, integrity, resolved } = entry;
    if (version === undefined || integrity === undefined) throw notFromRegistry(this.#lock.file, entry, name);
    return {
      path: entry.path,
      name,
      version,
      integrity,
      tarball: resolved,
      native: isNative(entry),
      scripts: entry.hasInstallScript,
      bin: entry.bin,
    };
  }
}

const isLocal = (entry: NpmEntry): boolean => !/(?:^|\/)node_modules\//.test(entry.path);
/** Has an archive of its own. */
const isInstalled = (entry: NpmEntry): boolean => !entry.link && !entry.inBundle && !isLocal(entry);
const byDirectory = (a: LocalPackage, b: LocalPackage): number => (a.directory < b.directory ? -1 : 1);

function binDirectories(entries: readonly NpmEntry[]): BinDirectory[] {
  const directories = new Map<string, string[]>();
  for (const entry of entries) {
    const at = entry.path.lastIndexOf("node_modules/");
    if (at < 0 || entry.inBundle) continue;
    const path = `${entry.path.slice(0, at)}node_modules/.bin`;
    directories.set(path, [...(directories.get(path) ?? []), entry.path]);
  }
  return [...directories].map(([path, packages]) => ({ path, packages: packages.sort() })).sort(byPath);
}

function notFromRegistry(file: DataFile, { path, resolved }: NpmEntry, name: string): TsdockError {
  const git = resolved?.startsWith("git") === true;
  return lockProblem(
    file,
    git ? "NODE_LOCKFILE_UNSUPPORTED" : "NODE_LOCKFILE_INVALID",
    git
      ? `${name} comes from a git repository, whose files no digest in the lockfile proves`
      : `the entry ${path} has no ${resolved === undefined ? "version or integrity" : "integrity"}`,
    `${JSON.stringify(path)}:`,
    git ? "publish it to a registry, or make it a package of the workspace" : undefined,
  );
}

export function wrongPlatform(
  file: DataFile,
  found: {
    readonly path: string;
    readonly os?: readonly string[] | undefined;
    readonly cpu?: readonly string[] | undefined;
  },
  target: NodeTarget,
): TsdockError {
  const wanted = [...(found.os ?? []), ...(found.cpu ?? [])].join(", ");
  return lockProblem(
    file,
    "NODE_PLATFORM",
    `${found.path} is needed and is for ${wanted}, not for ${target.os}/${target.cpu} (${target.libc})`,
    found.path,
    "make it an optional dependency, or leave the platform out: image().platforms(…)",
  );
}
