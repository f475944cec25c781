import { createHash } from "node:crypto";
import type { Solution } from "../../build/solver.ts";
import type { CompiledPlatform, Definition, Vertex, VertexId } from "../../graph/definition.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import { parseReference } from "../../oci/spec/reference.ts";
import type { Material } from "../../plugin/attestation.ts";
import type { SourcePlugin } from "../../plugin/contract.ts";
import { sourceAddress, webAddress } from "../../util/source-address.ts";

export interface MaterialOptions {
  readonly definition: Definition;
  readonly solution: Solution;
  readonly plugins: ReadonlyMap<string, SourcePlugin>;
}

/** Everything from outside that an image is made from, in the order of the definition; what stages of it are made from too. */
export function imageMaterials(compiled: CompiledPlatform, options: MaterialOptions): readonly Material[] {
  const { vertices } = options.definition;
  const needed = new Set(rootsOf(compiled));
  for (const vertex of [...vertices.values()].reverse())
    if (needed.has(vertex.id)) for (const input of vertex.inputs) needed.add(input);
  const found = [...vertices.values()].flatMap((vertex) =>
    needed.has(vertex.id) ? (materialOf(vertex, options) ?? []) : [],
  );
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

const rootsOf = ({ source, top, steps }: CompiledPlatform): readonly VertexId[] =>
  [source, top, ...steps.map((step) => (step.type === "config" ? undefined : step.vertex))].filter(
    (id) => id !== undefined,
  );

/** What a vertex brings from outside; undefined for one that brings nothing. */
export function materialOf(vertex: Vertex, options: MaterialOptions): Material | undefined {
  const { op } = vertex;
  if (op.type === "file" && op.action.type === "download") {
    const uri = withoutQuery(webAddress(op.action.url));
    const digest = { sha256: op.action.checksum.slice("sha256:".length) };
    return { name: "download", ...(uri === undefined ? {} : { uri }), digest };
  }
  if (op.type !== "source") return undefined;
  switch (op.kind) {
    case "plugin":
      return pluginMaterial(vertex, op, options);
    case "git":
      return gitMaterial(vertex, op.repository, options);
    default:
      return imageMaterial(vertex, op.kind, options);
  }
}

/** Addresses may have tokens in their queries; what was downloaded is known by its checksum. */
const withoutQuery = (address: string | undefined): string | undefined => address?.replace(/[?#].*$/s, "");

function imageMaterial(
  { id, platform }: Vertex,
  kind: "registry" | "layout" | "archive",
  { solution }: MaterialOptions,
): Material | undefined {
  const state = solution.states.get(id);
  const image = state !== undefined && "tree" in state ? state.tree.base.image : undefined;
  if (image === undefined) return undefined;
  const digest = { sha256: image.digest.slice("sha256:".length) };
  // Where a layout or an archive lies is this machine's business.
  if (kind !== "registry") return { name: kind === "layout" ? "OCI layout" : "docker archive", digest };
  return { name: image.name, uri: imageUrl(image.name, formatPlatform(platform)), digest };
}

/** A package URL as BuildKit writes it: the registry is a part of the name. */
function imageUrl(name: string, platform: string): string {
  const { registry, repository, tag } = parseReference(name);
  const hub = registry === "docker.io" ? repository.replace(/^library\//, "") : `${registry}/${repository}`;
  const path = hub.split("/").map(encodeURIComponent).join("/");
  return `pkg:docker/${path}${tag === undefined ? "" : `@${tag}`}?platform=${encodeURIComponent(platform)}`;
}

function gitMaterial(
  { id }: Vertex,
  repository: string,
  { solution }: MaterialOptions,
): Material | undefined {
  const commit = solution.keys.get(id)?.inputs.commit;
  if (commit === undefined) return undefined;
  const address = sourceAddress(repository);
  const uri = address === undefined ? {} : { uri: `git+${address}` };
  return { name: "git", ...uri, digest: { gitCommit: commit } };
}

function pluginMaterial(
  { id }: Vertex,
  op: { readonly plugin: string; readonly spec: Parameters<SourcePlugin["title"]>[0] },
  { solution, plugins }: MaterialOptions,
): Material | undefined {
  const { locked, plan = "" } = solution.keys.get(id)?.inputs ?? {};
  const plugin = plugins.get(op.plugin);
  if (locked === undefined || plugin === undefined) return undefined;
  const digest = createHash("sha256").update(`${locked}\n${plan}`).digest("hex");
  return { name: plugin.title(op.spec), digest: { sha256: digest } };
}
