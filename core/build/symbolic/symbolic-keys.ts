import { createHash } from "node:crypto";
import path from "node:path";
import { isTsdockError } from "../../errors/tsdock-error.ts";
import type { Definition, Vertex, VertexId } from "../../graph/definition.ts";
import type { FileOperation, Operation } from "../../graph/operation.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import { canonicalJson } from "../../util/json.ts";
import type { FileOverlay } from "../../util/file-overlay.ts";
import { planFileWork } from "../file/plan-file-work.ts";
import { prepareWork } from "../file/prepare-work.ts";
import { destinationOf } from "../file/destination.ts";
import { gitEntry } from "../git-source.ts";
import type { BuildContext } from "../operation-handler.ts";
import { planExec } from "../operations/plan-exec.ts";
import { planPluginSource } from "../operations/plan-plugin-source.ts";
import { scratchBase } from "../scratch-base.ts";
import { contentOf, type Tree, withLayer } from "../tree.ts";
import { type SymbolicLayers, UnknownLayer } from "./symbolic-layers.ts";

/** What a vertex would be, as far as that is known without executing anything. */
export interface SymbolicState {
  /** Equal keys, equal results; 64 hex digits. */
  readonly key: string;
  readonly tree: Tree;
}

/** A build's context whose layers are symbolic. */
export interface SymbolicContext {
  readonly build: BuildContext;
  readonly layers: SymbolicLayers;
  /** Files as they were, where keys of the past are asked for. */
  readonly overlay: FileOverlay | undefined;
}

/**
 * Keys of all vertices by what their inputs are: like those that the solver would make, but that what a command leaves is not known,
 * so that a vertex above one is another as soon as any of its inputs is.
 */
export async function symbolicKeys(
  definition: Definition,
  context: SymbolicContext,
): Promise<ReadonlyMap<VertexId, SymbolicState>> {
  const states = new Map<VertexId, SymbolicState>();
  for (const vertex of definition.vertices.values()) {
    const inputs = vertex.inputs.flatMap((id) => states.get(id)?.tree ?? []);
    states.set(vertex.id, await settle(vertex, inputs, context));
  }
  return states;
}

const digestOf = (value: unknown): string => createHash("sha256").update(canonicalJson(value)).digest("hex");

async function settle(
  vertex: Vertex,
  inputs: readonly Tree[],
  context: SymbolicContext,
): Promise<SymbolicState> {
  const { op } = vertex;
  switch (op.type) {
    case "file":
      return settleFile(op, vertex, inputs, context);
    case "exec": {
      const key = digestOf(await execInputs(vertex, inputs, context));
      const base = op.base === undefined ? undefined : inputs[op.base];
      return { key, tree: withLayer(base ?? scratch(vertex), context.layers.unknown(key)) };
    }
    case "merge": {
      const layers = inputs.flatMap((tree) => tree.layers);
      return { key: digestOf({ op: "merge", layers }), tree: { ...scratch(vertex), layers } };
    }
    case "diff": {
      const [lower, upper] = inputs;
      const key = digestOf({ op: "diff", trees: inputs.map(contentOf) });
      const [below, above] = [lower?.layers ?? [], upper?.layers ?? []];
      const isStack = below.every(({ diffId }, index) => above[index]?.diffId === diffId);
      const layers = isStack ? above.slice(below.length) : [context.layers.unknown(key)];
      return { key, tree: { ...scratch(vertex), layers } };
    }
    case "source": {
      const key = digestOf({
        platform: formatPlatform(vertex.platform),
        ...(await sourceInputs(vertex, context)),
      });
      return { key, tree: { ...scratch(vertex), layers: [context.layers.unknown(key)] } };
    }
  }
}

const scratch = ({ platform }: Vertex): Tree => ({ layers: [], base: scratchBase(platform) });

async function settleFile(
  op: FileOperation,
  vertex: Vertex,
  inputs: readonly Tree[],
  context: SymbolicContext,
): Promise<SymbolicState> {
  const base = op.base === undefined ? undefined : inputs[op.base];
  const on = base ?? scratch(vertex);
  try {
    if (isOpaque(op)) throw new UnknownLayer();
    const planned = await planFileWork(op, base, inputs, context.build);
    const key = digestOf({ op: "file", platform: formatPlatform(vertex.platform), ...planned.keyInputs });
    const { entries } = await planned.open();
    if (entries.length === 0) return { key, tree: on };
    return {
      key,
      tree: withLayer(
        on,
        context.layers.entriesOf(key, () => Promise.resolve(entries)),
      ),
    };
  } catch (error) {
    if (!(error instanceof UnknownLayer)) throw error;
    const key = digestOf(await fileInputs(op, vertex, inputs, context));
    return { key, tree: withLayer(on, context.layers.unknown(key)) };
  }
}

/** What would be downloaded or unpacked only to know its files. */
const isOpaque = ({ action }: FileOperation): boolean =>
  action.type === "download" || action.type === "extract";

/** Work on layers that are not known: what it takes from contexts, and everything below and beside it. */
async function fileInputs(
  op: FileOperation,
  vertex: Vertex,
  inputs: readonly Tree[],
  context: SymbolicContext,
): Promise<unknown> {
  const { action } = op;
  const reads =
    "source" in action && action.source.type === "context"
      ? prepareWork(action, {
          destination: destinationOf(action.destination, "/"),
          readBase: undefined,
          inputs,
          context: context.build,
        }).identity()
      : "";
  return {
    op: declared(op, context),
    platform: formatPlatform(vertex.platform),
    reads,
    inputs: inputs.map(contentOf),
  };
}

async function execInputs(
  vertex: Vertex,
  inputs: readonly Tree[],
  context: SymbolicContext,
): Promise<unknown> {
  if (vertex.op.type !== "exec") return undefined;
  const functions = vertex.op.config.map((one) => (one.type === "env-extend" ? String(one.extend) : null));
  const all = inputs.map(contentOf);
  // With a base whose environment is not known the functions say what they are, besides what they give.
  const planned = await planExec(vertex.op, inputs, vertex, context.build).catch((error: unknown) => {
    if (isTsdockError(error) && error.code === "ENV_EXTENSION_FAILED") return undefined;
    throw error;
  });
  return { functions, all, planned: planned?.inputs ?? declared(vertex.op, context) };
}

async function sourceInputs(vertex: Vertex, context: SymbolicContext): Promise<Record<string, unknown>> {
  const { op } = vertex;
  const { lock } = context.build;
  if (op.type !== "source") return {};
  switch (op.kind) {
    case "registry":
      return { op, locked: lock.imageDigest(op.reference) };
    case "git":
      return { op, locked: lock.gitCommit(gitEntry(op)) };
    case "layout":
      return { op: declared(op, context), index: fileDigest(path.join(op.directory, "index.json"), context) };
    case "archive":
      return { op: declared(op, context), file: fileDigest(op.file, context) };
    case "plugin":
      try {
        return { ...(await planPluginSource(op, vertex, context.build)).inputs };
      } catch (error) {
        if (!isTsdockError(error) || error.code !== "LOCK_MISSING") throw error;
        return { op, unlocked: true };
      }
  }
}

function fileDigest(file: string, { overlay, build }: SymbolicContext): string | null {
  const tree = build.contexts.tree(path.dirname(file));
  const entry = tree.get(Buffer.from(path.basename(file)).toString("latin1"));
  if (entry?.type === "file") return tree.digest(entry);
  const bytes = overlay?.exists(file) === false ? undefined : overlay?.read(file);
  return bytes === undefined ? null : createHash("sha256").update(bytes).digest("hex");
}

/** An operation as text without functions and this machine's directories. */
const declared = (op: Operation, { build }: SymbolicContext): string =>
  canonicalJson(op).replaceAll(JSON.stringify(build.workspace).slice(1, -1), "");
