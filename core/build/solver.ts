import { setMaxListeners } from "node:events";
import PQueue from "p-queue";
import { diskFull } from "../errors/disk-full.ts";
import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import type { VertexInfo } from "../events.ts";
import { criticalPath } from "../graph/critical-path.ts";
import type { Definition, Vertex, VertexId } from "../graph/definition.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { ActionRecord } from "../oci/store/contract.ts";
import { actionKey } from "./action-key.ts";
import type { ActionOutput, BuildContext, PlannedAction } from "./operation-handler.ts";
import { planOperation } from "./operations/plan-operation.ts";
import type { Tree } from "./tree.ts";
import { createVertexLog } from "./vertex-log.ts";
import { nowMs } from "../util/now-ms.ts";

export interface SolveOptions {
  /** How many actions run at once. */
  readonly jobs: number;
  /** After a failure, finish whatever does not depend on it. */
  readonly keepGoing: boolean;
  /** Vertices whose records are not looked at. */
  readonly noCache: (vertex: Vertex) => boolean;
  /** Every action that is not cached waits for this. */
  readonly beforeRun?: (() => Promise<void>) | undefined;
}

export type VertexState =
  | {
      readonly outcome: "ran" | "cached";
      readonly tree: Tree;
      readonly key: string;
      readonly ms: number;
      readonly layer: ActionOutput["layer"];
      /** Layers that this run made. */
      readonly made: readonly Digest[];
    }
  | { readonly outcome: "failed"; readonly error: TsdockError }
  /** An input failed, or the build was stopped. */
  | { readonly outcome: "cancelled" };

/** What the cache was asked for a vertex, and what it said. */
export interface AskedKey {
  readonly key: string;
  /** What the key was made of, by name. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Why nothing was taken: not asked (`--no-cache`), no record of the key, or a record whose layers are gone. */
  readonly miss?: "fresh" | "unknown" | "lost";
}

export interface Solution {
  readonly states: ReadonlyMap<VertexId, VertexState>;
  /** Of every vertex that was planned, also of those that failed then. */
  readonly keys: ReadonlyMap<VertexId, AskedKey>;
  /** Every failure, in the order in which they happened. */
  readonly errors: readonly TsdockError[];
}

type Done = Extract<VertexState, { outcome: "ran" | "cached" }>;

/**
 * Gives every vertex its tree. A vertex is planned when its inputs are known (its key is made of their content), taken from
 * the action cache if it is there, and run otherwise; the vertex with the longest path above it first. Actions with one key run once.
 */
export async function solve(
  definition: Definition,
  context: BuildContext,
  options: SolveOptions,
): Promise<Solution> {
  return new Solver(definition, context, options).solve();
}

class Solver {
  readonly #definition: Definition;
  readonly #options: SolveOptions;
  readonly #context: BuildContext;
  readonly #stop = new AbortController();
  readonly #queue: PQueue;
  readonly #weights: ReadonlyMap<VertexId, number>;
  readonly #keys = new Map<VertexId, AskedKey>();
  readonly #running = new Map<string, Promise<ActionOutput>>();
  /** When the vertices that run, or ran, left the queue. */
  readonly #begun = new Map<VertexId, number>();
  readonly #errors: TsdockError[] = [];
  readonly #started = nowMs();

  constructor(definition: Definition, context: BuildContext, options: SolveOptions) {
    this.#definition = definition;
    this.#options = options;
    this.#context = { ...context, signal: AbortSignal.any([context.signal, this.#stop.signal]) };
    // Every running action listens.
    setMaxListeners(0, this.#context.signal);
    this.#queue = new PQueue({ concurrency: options.jobs });
    this.#weights = criticalPath(definition, (id) =>
      definition.vertices.get(id)?.op.type === "exec" ? 10 : 1,
    );
  }

  async solve(): Promise<Solution> {
    const pending = new Map<VertexId, Promise<VertexState>>();
    for (const vertex of this.#definition.vertices.values()) {
      const inputs = vertex.inputs.map(
        (id) => pending.get(id) ?? Promise.resolve<VertexState>({ outcome: "cancelled" }),
      );
      pending.set(vertex.id, this.#settle(vertex, inputs));
    }
    const settled = await Promise.allSettled(pending.values());
    const states = new Map<VertexId, VertexState>();
    for (const [index, id] of [...pending.keys()].entries()) {
      const outcome = settled[index];
      // A bug: told when nothing runs any more, so that all is given back first.
      if (outcome?.status === "rejected") throw outcome.reason;
      if (outcome !== undefined) states.set(id, outcome.value);
    }
    return { states, keys: this.#keys, errors: this.#errors };
  }

  /** Never rejects with an expected failure: a failure is a state. */
  async #settle(vertex: Vertex, inputs: readonly Promise<VertexState>[]): Promise<VertexState> {
    const states = await Promise.all(inputs);
    const ready = states.filter((state): state is Done => "tree" in state);
    if (ready.length < states.length || this.#context.signal.aborted) return { outcome: "cancelled" };
    const info: VertexInfo = { id: vertex.id, name: vertex.name, op: vertex.op.type, images: vertex.images };
    const start = nowMs();
    try {
      return await this.#evaluate(
        vertex,
        info,
        ready.map((state) => state.tree),
      );
    } catch (error) {
      return this.#fail(vertex, info, error, start);
    }
  }

  async #evaluate(vertex: Vertex, info: VertexInfo, inputs: readonly Tree[]): Promise<Done> {
    const start = nowMs();
    const action = await planOperation(vertex, inputs, this.#context);
    const key = actionKey(action.inputs);
    const fresh = this.#options.noCache(vertex);
    const record = fresh ? undefined : this.#context.store.actions.get(key);
    const cached = record !== undefined && action.available(record) ? record : undefined;
    const miss = fresh ? "fresh" : record === undefined ? "unknown" : "lost";
    this.#keys.set(vertex.id, {
      key,
      inputs: action.inputs,
      ...(cached === undefined ? { miss } : {}),
    });
    const shared = this.#running.get(key);
    const output: ActionOutput = cached ?? (await (shared ?? this.#run(vertex, info, key, action)));
    const state: Done = {
      outcome: cached === undefined && shared === undefined ? "ran" : "cached",
      tree: action.tree(output),
      key,
      ms: nowMs() - (this.#begun.get(vertex.id) ?? start),
      layer: output.layer,
      made: output.made ?? (output.layer === null ? [] : [output.layer.diffId]),
    };
    this.#context.emit({
      type: "vertex.done",
      vertex: info,
      at: this.#at(),
      ms: state.ms,
      outcome: state.outcome,
      ...(output.layer === null ? {} : { diffId: output.layer.diffId }),
    });
    return state;
  }

  #run(vertex: Vertex, info: VertexInfo, key: string, action: PlannedAction): Promise<ActionOutput> {
    const result = this.#queue.add(() => this.#runAndRecord(vertex, info, key, action), {
      priority: this.#weights.get(vertex.id) ?? 0,
    });
    this.#running.set(key, result);
    return result;
  }

  async #runAndRecord(
    vertex: Vertex,
    info: VertexInfo,
    key: string,
    action: PlannedAction,
  ): Promise<ActionOutput> {
    const { signal, emit, store } = this.#context;
    signal.throwIfAborted();
    await this.#options.beforeRun?.();
    signal.throwIfAborted();
    const start = nowMs();
    this.#begun.set(vertex.id, start);
    this.#context.emit({ type: "vertex.start", vertex: info, at: this.#at() });
    const output = await action.run(createVertexLog(vertex.id, emit), this.#options.noCache(vertex));
    signal.throwIfAborted();
    const record: ActionRecord = {
      version: 1,
      layer: output.layer === null ? null : { diffId: output.layer.diffId, size: output.layer.size ?? 0 },
      ...(output.value === undefined ? {} : { value: output.value }),
      inputs: action.inputs,
      ms: Math.round(nowMs() - start),
    };
    await store.actions.put(key, record);
    return output;
  }

  #fail(vertex: Vertex, info: VertexInfo, thrown: unknown, start: number): VertexState {
    const error = diskFull(thrown, this.#context.store.directory) ?? thrown;
    const interrupted = isTsdockError(error) && error.code === "INTERRUPTED";
    const cancelled = this.#context.signal.aborted && (interrupted || !isTsdockError(error));
    this.#context.emit({
      type: "vertex.done",
      vertex: info,
      at: this.#at(),
      ms: nowMs() - (this.#begun.get(vertex.id) ?? start),
      outcome: cancelled ? "cancelled" : "failed",
    });
    if (cancelled) return { outcome: "cancelled" };
    if (!isTsdockError(error)) {
      this.#stop.abort();
      throw error;
    }
    const located = error.place === undefined ? withPlace(error, vertex) : error;
    // Two vertices may wait for one action: its failure is told once.
    if (!this.#errors.includes(located)) this.#errors.push(located);
    if (!this.#options.keepGoing) this.#stop.abort();
    return { outcome: "failed", error: located };
  }

  #at(): number {
    return nowMs() - this.#started;
  }
}

function withPlace(error: TsdockError, vertex: Vertex): TsdockError {
  const place = vertex.site?.place();
  if (place === undefined) return error;
  const { code, message, hint, details, cause } = error;
  return new TsdockError(code, message, { place, hint, details, cause });
}
