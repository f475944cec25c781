import { createHash } from "node:crypto";
import { relative } from "node:path";
import { formatPlatform, type Platform } from "../../oci/spec/platform.ts";
import { canonicalJson } from "../../util/json.ts";
import type { Site, Vertex, VertexId } from "../definition.ts";
import type { ConfigInstruction, CopySource, Operation } from "../operation.ts";

/** What an operation is, for its id: no function, no place, no absolute directory; variables in their order. */
function identityOf(op: Operation, workspace: string): unknown {
  const config = (instructions: readonly ConfigInstruction[]): unknown =>
    instructions.map((one) => {
      if (one.type === "env-extend") return { type: one.type, identity: one.identity };
      return one.type === "env" ? { type: one.type, values: Object.entries(one.values) } : one;
    });
  const within = (path: string): string => relative(workspace, path);
  const source = (from: CopySource): unknown =>
    from.type === "context" ? { ...from, directory: within(from.directory) } : from;
  switch (op.type) {
    case "file": {
      const action = "source" in op.action ? { ...op.action, source: source(op.action.source) } : op.action;
      return { ...op, action, config: config(op.config) };
    }
    case "exec": {
      const mounts = op.mounts.map((one) =>
        one.type === "bind" ? { ...one, source: source(one.source) } : one,
      );
      return { ...op, mounts, env: Object.entries(op.env), config: config(op.config) };
    }
    case "source":
      if (op.kind === "layout") return { ...op, directory: within(op.directory) };
      return op.kind === "archive" ? { ...op, file: within(op.file) } : op;
    case "merge":
    case "diff":
      return op;
  }
}

export interface NewVertex {
  readonly op: Operation;
  readonly platform: Platform;
  readonly inputs: readonly VertexId[];
  readonly name: string;
  readonly site: Site;
  /** What changes the id without being in the operation: a plugin's version. */
  readonly salt?: number;
}

/** All vertices so far, inputs first; equal work is one. */
export class VertexTable {
  readonly #vertices = new Map<VertexId, Vertex>();
  readonly #workspace: string;

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  add({ op, platform, inputs, name, site, salt }: NewVertex): VertexId {
    const identity = {
      op: identityOf(op, this.#workspace),
      platform: formatPlatform(platform),
      inputs,
      salt,
    };
    const id = createHash("sha256").update(canonicalJson(identity)).digest("hex");
    if (!this.#vertices.has(id)) this.#vertices.set(id, { id, op, platform, inputs, name, images: [], site });
    return id;
  }

  /** Those that `tops` need, with the names of the images that need them. */
  reachable(tops: readonly (readonly [image: string, top: VertexId])[]): ReadonlyMap<VertexId, Vertex> {
    const needed = new Map<VertexId, string[]>();
    for (const [image, top] of tops) this.#mark(image, top, needed);
    const kept = new Map<VertexId, Vertex>();
    for (const [id, vertex] of this.#vertices) {
      const images = needed.get(id);
      if (images !== undefined) kept.set(id, Object.freeze({ ...vertex, images }));
    }
    return kept;
  }

  #mark(image: string, top: VertexId, needed: Map<VertexId, string[]>): void {
    const open = [top];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const images = needed.get(id) ?? [];
      if (images.at(-1) === image) continue;
      images.push(image);
      needed.set(id, images);
      open.push(...(this.#vertices.get(id)?.inputs ?? []));
    }
  }
}
