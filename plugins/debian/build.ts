import {
  type ByteString,
  type LayerEntry,
  type SourceContext,
  type SourceLayer,
  type SourceResult,
  TsdockError,
} from "tsdock/plugin";
import type { Archive } from "./archive/archives.ts";
import { busyboxLinks } from "./image/busybox-links.ts";
import { configure } from "./image/configure.ts";
import { databaseEntries, infoEntries, type PackageState, packageState } from "./image/database.ts";
import { addParents } from "./image/directories.ts";
import { FileTable } from "./image/file-table.ts";
import { type LayerGroup, layerGroups } from "./image/layer-groups.ts";
import { mergeEntry } from "./image/merged-usr.ts";
import { masterPaths, skeletonEntries } from "./image/skeleton.ts";
import { archiveOf, type DebianLock, type LockedPackage } from "./lock.ts";
import type { DebianSpec } from "./options.ts";
import { type DebianPackage, readPackage } from "./package/read-package.ts";
import { archivesOf } from "./resolve.ts";

/** The suite's own mirrors have everything but security updates; a machine may have a separate one for updates. */
function urlsOf(locked: LockedPackage, archives: readonly Archive[]): string[] {
  const kind = archiveOf(locked);
  const mine = archives.filter((archive) => archive.kind === kind);
  const others = archives.filter(
    (archive) => archive.kind !== kind && kind !== "security" && archive.kind !== "security",
  );
  const urls = [...mine, ...others].flatMap(({ uris }) => uris).map((uri) => `${uri}/${locked.file}`);
  if (urls.length > 0) return [...new Set(urls)];
  throw new TsdockError(
    "DEBIAN_NO_MIRROR",
    `no mirror is configured for ${kind} packages such as ${locked.name}`,
    {
      hint: "add the security archive: debian({ mirror: { main, security } }), or to apt's sources of this machine",
    },
  );
}

async function download(
  lock: DebianLock,
  spec: DebianSpec,
  context: SourceContext,
): Promise<ReadonlyMap<LockedPackage, string>> {
  const archives = archivesOf({ ...spec, suite: lock.suite }, context);
  const files = await Promise.all(
    lock.packages.map(async (locked): Promise<[LockedPackage, string]> => {
      const name = `${locked.name} ${locked.version}`;
      return [
        locked,
        await context.download({
          urls: urlsOf(locked, archives),
          sha256: locked.sha256,
          size: locked.size,
          name,
        }),
      ];
    }),
  );
  return new Map(files);
}

type Keep = (path: ByteString) => boolean;

/** Leaves out what the patterns match; a directory that is matched stays while something in it does. */
async function excluding(patterns: readonly string[]): Promise<Keep> {
  if (patterns.length === 0) return () => true;
  const { default: picomatch } = await import("picomatch");
  const matches = picomatch([...patterns], { dot: true });
  return (path) => !matches(`/${Buffer.from(path, "latin1").toString("utf8")}`);
}

/** What is needed of packages after their layer is packed and their contents are gone. */
interface Unpacked {
  readonly table: FileTable;
  readonly states: PackageState[];
  readonly masters: { passwd?: Uint8Array; group?: Uint8Array };
  busybox?: Uint8Array;
}

/** Contents that the last layer is made from. */
function remember(pkg: DebianPackage, unpacked: Unpacked): void {
  for (const entry of pkg.entries) {
    if (entry.type !== "file" || !(entry.content instanceof Uint8Array)) continue;
    // copies: a view would keep the whole package in memory
    if (entry.path === masterPaths.passwd) unpacked.masters.passwd = entry.content.slice();
    else if (entry.path === masterPaths.group) unpacked.masters.group = entry.content.slice();
    else if (/^(?:usr\/)?bin\/busybox$/.test(entry.path)) unpacked.busybox = entry.content.slice();
  }
}

function* placed(pkg: DebianPackage, keep: Keep): Generator<LayerEntry> {
  for (const entry of pkg.entries) {
    if (entry.path === "") continue;
    const merged = mergeEntry(entry);
    if (merged !== undefined && (merged.type === "directory" || keep(merged.path))) yield merged;
  }
  yield* infoEntries(pkg);
}

const clamp = (entries: Iterable<LayerEntry>, time: number): LayerEntry[] =>
  [...entries].map((entry) => (entry.mtime > time ? { ...entry, mtime: time } : entry));

/** Packs the packages of one group; their contents are in memory only while this runs. */
async function packGroup(
  group: LayerGroup,
  number: number,
  files: ReadonlyMap<LockedPackage, string>,
  keep: Keep,
  unpacked: Unpacked,
  context: SourceContext,
): Promise<SourceLayer> {
  const entries = new Map<ByteString, LayerEntry>();
  for (const locked of group.packages) {
    const pkg = await readPackage(files.get(locked) ?? "", locked.name, context.signal);
    if (pkg.name !== locked.name || pkg.version !== locked.version) {
      throw new TsdockError(
        "DEBIAN_PACKAGE_INVALID",
        `${locked.file} is ${pkg.name} ${pkg.version}, not ${locked.name} ${locked.version}`,
      );
    }
    unpacked.states.push(packageState(pkg));
    unpacked.table.take(pkg, placed(pkg, keep), number, entries);
    remember(pkg, unpacked);
  }
  addParents(entries);
  return await context.layer(clamp(entries.values(), context.clampTime));
}

/** The layer that changes with every change: users, links into /usr, dpkg's records. */
async function packDatabase(
  spec: DebianSpec,
  lock: DebianLock,
  unpacked: Unpacked,
  context: SourceContext,
): Promise<SourceLayer> {
  const { table, states, masters, busybox } = unpacked;
  const asked = new Set(spec.packages.map((name) => name.split("=")[0] ?? name));
  const entries = new Map([
    ...skeletonEntries(table, lock.arch, masters),
    ...databaseEntries(states, asked, lock.arch),
  ]);
  if (spec.busyboxLinks) {
    if (busybox === undefined)
      throw new TsdockError("DEBIAN_PACKAGE_INVALID", "no package of the image has /bin/busybox");
    for (const [path, entry] of busyboxLinks(busybox, table)) entries.set(path, entry);
  }
  addParents(entries);
  // directories of packages keep what their package says
  for (const path of entries.keys()) {
    const owned = table.directory(path);
    if (owned !== undefined) entries.set(path, owned);
  }
  return await context.layer(clamp(entries.values(), context.clampTime));
}

const describe = (group: LayerGroup): string => {
  const names = group.packages.map(({ name }) => name);
  return names.length <= 6
    ? names.join(", ")
    : `${names.slice(0, 6).join(", ")} and ${names.length - 6} more`;
};

const shells = ["usr/bin/bash", "usr/bin/dash", "usr/bin/sh"];

/** Makes the layers of an image from its lock entry. Errors `DEBIAN_*`. */
export async function build(
  spec: DebianSpec,
  lock: DebianLock,
  context: SourceContext,
): Promise<SourceResult> {
  const files = await download(lock, spec, context);
  const keep = await excluding(spec.exclude);
  const unpacked: Unpacked = { table: new FileTable(), states: [], masters: {} };
  const title = `debian ${lock.suite} ${lock.arch}`;
  const layers: { layer: SourceLayer; createdBy: string }[] = [];
  for (const [number, group] of layerGroups(lock.packages).entries()) {
    const layer = await packGroup(group, number, files, keep, unpacked, context);
    layers.push({ layer, createdBy: `${title}: ${describe(group)}` });
  }
  layers.push({
    layer: await packDatabase(spec, lock, unpacked, context),
    createdBy: `${title}: package database`,
  });
  if (spec.configure) {
    const layer = await configure(
      unpacked.states,
      layers.map((made) => made.layer),
      context,
    );
    if (layer !== undefined) layers.push({ layer, createdBy: `${title}: dpkg --configure -a` });
  }
  const shell =
    shells.find((path) => unpacked.table.has(path)) ?? (spec.busyboxLinks ? "usr/bin/sh" : undefined);
  return {
    layers,
    config: {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ...(shell === undefined ? {} : { Cmd: [shell.replace(/^.*\//, "")] }),
    },
  };
}
