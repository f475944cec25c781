import fs from "node:fs";
import path from "node:path";
import { ContextScans } from "../../../core/build/context/context-scans.ts";
import { LayerDigests } from "../../../core/build/file/layer-digests.ts";
import { type PlannedFileWork, planFileWork } from "../../../core/build/file/plan-file-work.ts";
import type { FileContext } from "../../../core/build/file/prepare-work.ts";
import { LayerAccess } from "../../../core/build/layer-access.ts";
import { packEntries } from "../../../core/build/pack-entries.ts";
import { scratchBase } from "../../../core/build/scratch-base.ts";
import type { Tree } from "../../../core/build/tree.ts";
import type { TsdockEvent } from "../../../core/events.ts";
import type { FileAction, FileOperation } from "../../../core/graph/operation.ts";
import { fromByteString, type LayerEntry, toByteString } from "../../../core/oci/layer/entry.ts";
import { Store } from "../../../core/oci/store/store.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

type CopyAction = Extract<FileAction, { type: "copy" }>;
export type CopyOptions = Partial<CopyAction>;

export interface PlanOptions {
  readonly base?: Tree;
  /** Copy sources, from index 1 where there is a base, else from 0. */
  readonly sources?: readonly Tree[];
  readonly link?: boolean;
  readonly workdir?: string;
}

/** A store, a context directory and everything that plans file operations on them, as a build has it. */
export interface Workbench extends AsyncDisposable {
  /** Absolute directory of the context. */
  readonly directory: string;
  readonly store: Store;
  readonly events: TsdockEvent[];
  /** Writes files by relative path; a name that ends with `/` is a directory. */
  write(files: Readonly<Record<string, string>>): void;
  /** As another process would begin: what was learnt before is kept, nothing is in memory. */
  restart(): void;
  context(): FileContext;
  /** A tree of one layer with these entries. */
  tree(...entries: LayerEntry[]): Promise<Tree>;
  plan(action: FileAction, options?: PlanOptions): Promise<PlannedFileWork>;
  /** The lines that `describe` gives for what an action leaves. */
  run(action: FileAction, options?: PlanOptions): Promise<readonly string[]>;
}

export interface WorkbenchOptions {
  readonly clampTime?: number;
  readonly download?: FileContext["download"];
}

const platform = { os: "linux", architecture: "amd64" } as const;

export async function workbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const tmp = temporaryDirectory();
  const directory = path.join(tmp.path, "context");
  fs.mkdirSync(directory);
  const store = await Store.open(path.join(tmp.path, "store"));
  const events: TsdockEvent[] = [];
  let context = fresh();

  function fresh(): FileContext {
    const emit = (event: TsdockEvent) => void events.push(event);
    const { signal } = new AbortController();
    const executor = () => Promise.reject(new Error("nothing is run here"));
    return {
      store,
      layers: new LayerAccess({ store, executor, signal, emit }),
      contexts: new ContextScans({ state: store.contexts, emit }),
      layerDigests: new LayerDigests(store.contexts),
      clampTime: options.clampTime ?? 0,
      download: options.download ?? (() => Promise.reject(new Error("nothing is downloaded here"))),
      signal,
      emit,
    };
  }

  async function tree(...entries: LayerEntry[]): Promise<Tree> {
    const layer = await packEntries(entries, store.blobs, context.signal);
    return { layers: layer === null ? [] : [layer], base: scratchBase(platform) };
  }

  function plan(action: FileAction, { base, sources = [], link = false, workdir }: PlanOptions = {}) {
    const op: FileOperation = {
      type: "file",
      action,
      link,
      config: workdir === undefined ? [] : [{ type: "workdir", path: workdir }],
      ...(base === undefined ? {} : { base: 0 }),
    };
    const inputs = base === undefined ? sources : [base, ...sources];
    return planFileWork(op, base, inputs, context);
  }

  return {
    directory,
    store,
    events,
    tree,
    plan,
    context: () => context,
    write(files) {
      for (const [name, text] of Object.entries(files)) writeFile(path.join(directory, name), text);
    },
    restart() {
      context.contexts.save();
      context.layerDigests.save();
      context = fresh();
    },
    async run(action, planOptions) {
      const { entries, verify } = await (await plan(action, planOptions)).open();
      await packEntries(entries, store.blobs, context.signal);
      verify();
      return entries.map(describe);
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await tmp[Symbol.asyncDispose]();
    },
  };
}

function writeFile(file: string, text: string): void {
  fs.mkdirSync(file.endsWith("/") ? file : path.dirname(file), { recursive: true });
  if (!file.endsWith("/")) fs.writeFileSync(file, text);
}

/** `/path kind mode uid:gid content`, mode and owner left out where they are 755 or 644 and 0:0. */
export function describe(entry: LayerEntry): string {
  const usual = entry.type === "directory" ? 0o755 : entry.type === "symlink" ? 0o777 : 0o644;
  const mode = entry.mode === usual ? "" : ` ${entry.mode.toString(8)}`;
  const owner = entry.uid === 0 && entry.gid === 0 ? "" : ` ${entry.uid}:${entry.gid}`;
  const xattrs = [...(entry.xattrs ?? [])].map(
    ([name, value]) => ` ${name}=${Buffer.from(value).toString()}`,
  );
  return `${fromByteString(entry.path)}${mark(entry)}${mode}${owner}${xattrs.join("")}`;
}

function mark(entry: LayerEntry): string {
  switch (entry.type) {
    case "directory":
      return "/";
    case "symlink":
      return ` -> ${fromByteString(entry.target)}`;
    case "hardlink":
      return ` = ${fromByteString(entry.target)}`;
    case "file":
      return ` "${read(entry)}"`;
    default:
      return ` ${entry.type}`;
  }
}

function read({ content, size }: Extract<LayerEntry, { type: "file" }>): string {
  if (content instanceof Uint8Array) return Buffer.from(content).toString();
  const start = content.offset ?? 0;
  return fs
    .readFileSync(Buffer.from(content.path, "latin1"))
    .subarray(start, start + size)
    .toString();
}

/** `COPY include… destination` from the workbench's context, or from an input. */
export function copy(
  bench: Pick<Workbench, "directory">,
  include: string | readonly string[],
  destination: string,
  more: CopyOptions = {},
): CopyAction {
  return {
    type: "copy",
    source: { type: "context", directory: bench.directory },
    include: typeof include === "string" ? [include] : include,
    exclude: [],
    destination,
    parents: false,
    ...more,
  };
}

const owned = { uid: 0, gid: 0, mtime: 0 } as const;

export const dir = (name: string, mode = 0o755, uid = 0, gid = 0): LayerEntry => ({
  type: "directory",
  path: toByteString(name),
  mode,
  uid,
  gid,
  mtime: 0,
});

export const file = (
  name: string,
  text = name,
  more: { mode?: number; uid?: number; gid?: number; xattrs?: Map<string, Uint8Array> } = {},
): LayerEntry => {
  const content = Buffer.from(text);
  return {
    ...owned,
    type: "file",
    path: toByteString(name),
    mode: 0o644,
    size: content.length,
    content,
    ...more,
  };
};

export const link = (name: string, target: string): LayerEntry => ({
  ...owned,
  type: "symlink",
  path: toByteString(name),
  mode: 0o777,
  target: toByteString(target),
});

export const hard = (name: string, target: string): LayerEntry => ({
  ...owned,
  type: "hardlink",
  path: toByteString(name),
  mode: 0o644,
  target: toByteString(target),
});
