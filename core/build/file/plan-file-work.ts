import { applyConfig } from "../../graph/apply-config.ts";
import type { Vertex } from "../../graph/definition.ts";
import type { CopySource, FileAction, FileOperation } from "../../graph/operation.ts";
import type { FileEntry, LayerEntry } from "../../oci/layer/entry.ts";
import type { FileTree } from "../../oci/layer/tree.ts";
import { matcherOf } from "../context/ignore-patterns.ts";
import type { BuildContext } from "../operation-handler.ts";
import type { Tree } from "../tree.ts";
import { type BaseFacts, factsOfIndex, noBase } from "./base-facts.ts";
import { placeCopy } from "./copy-work.ts";
import { type Destination, destinationOf } from "./destination.ts";
import { extractWork } from "./extract-work.ts";
import { type Owner, resolveOwner, root } from "./file-owner.ts";
import { type FileWork, nothingToPrepare } from "./file-work.ts";
import { identifyEntries } from "./describe-entry.ts";
import { LayerDraft } from "./layer-draft.ts";
import { LayerSource } from "./layer-source.ts";
import { matchSources } from "./match-sources.ts";
import { readContent } from "./read-content.ts";
import { identifySelections, type SelectedFile, selectFiles } from "./select-files.ts";
import { directoryWork, downloadWork, removeWork, symlinkWork, writeWork } from "./single-works.ts";
import type { SourceTree } from "./source-tree.ts";

/** A file operation whose inputs are known: how it is cached and how it is run. */
export interface PlannedFileWork {
  readonly keyInputs: Readonly<Record<string, string>>;
  entries(): Promise<readonly LayerEntry[]>;
  /** Error `FILE_CHANGED` if a file is not what was promised any more. */
  verify(entries: readonly LayerEntry[]): void;
}

export async function planFileWork(
  op: FileOperation,
  base: Tree | undefined,
  inputs: readonly Tree[],
  vertex: Vertex,
  context: BuildContext,
): Promise<PlannedFileWork> {
  const { action, link } = op;
  const readBase = base === undefined || link ? undefined : base;
  const facts: BaseFacts =
    readBase === undefined ? noBase : factsOfIndex(await context.layers.directories(readBase.layers));
  const owner = await ownerOf(action, link ? undefined : (base ?? { layers: [] }), context);
  const work = await workOf(op, owner, { base, readBase, inputs, vertex, context });
  await work.prepare("plan");
  const draw = (): LayerEntry[] => {
    const draft = new LayerDraft({ base: facts, parentOwner: owner ?? root, mtime: context.clampTime });
    work.place(draft);
    return draft.entries();
  };
  return {
    keyInputs: { work: work.identity, entries: identifyEntries(draw(), (file) => work.digest(file)) },
    async entries() {
      await work.prepare("run");
      return draw();
    },
    verify: (entries) => work.verify(entries.filter((entry): entry is FileEntry => entry.type === "file")),
  };
}

interface Surroundings {
  readonly base: Tree | undefined;
  /** Undefined where the layer does not look at what it lies on. */
  readonly readBase: Tree | undefined;
  readonly inputs: readonly Tree[];
  readonly vertex: Vertex;
  readonly context: BuildContext;
}

async function workOf(op: FileOperation, owner: Owner | undefined, around: Surroundings): Promise<FileWork> {
  const { action } = op;
  const { context } = around;
  switch (action.type) {
    case "copy":
      return copyWork(action, owner, destinationIn(op, action.destination, around), around);
    case "extract": {
      const source = await sourceTree(action.source, around);
      return extractWork({
        action,
        source,
        destination: destinationIn(op, action.destination, around),
        owner,
        context,
      });
    }
    case "download": {
      const sha256 = action.checksum.slice("sha256:".length);
      const download = () => context.download({ urls: [action.url], sha256, name: action.url });
      return downloadWork(action, destinationIn(op, action.destination, around), owner, download);
    }
    case "write":
      return writeWork(action, destinationIn(op, action.path, around), owner);
    case "symlink":
      return symlinkWork(action, destinationIn(op, action.path, around), owner);
    case "directory":
      return directoryWork(action, destinationIn(op, action.path, around), owner);
    case "remove": {
      const tree: FileTree | undefined =
        around.readBase === undefined ? undefined : await context.layers.tree(around.readBase.layers);
      const path = destinationIn(op, action.path, around);
      return removeWork({
        path,
        tree,
        onNothing: () =>
          context.emit({ type: "debug", message: `${action.path} is not there: nothing to remove` }),
      });
    }
  }
}

const destinationIn = (op: FileOperation, written: string, { base }: Surroundings): Destination =>
  destinationOf(written, applyConfig(base?.base.config.config ?? {}, op.config).WorkingDir ?? "/");

async function copyWork(
  action: Extract<FileAction, { type: "copy" }>,
  owner: Owner | undefined,
  destination: Destination,
  around: Surroundings,
): Promise<FileWork> {
  const tree = await sourceTree(action.source, around);
  const isContext = action.source.type === "context";
  const name =
    action.source.type === "context"
      ? `the context ${action.source.directory}`
      : "the image that is copied from";
  const ignore =
    action.source.type === "context" ? around.context.contexts.ignoredIn(action.source.directory) : undefined;
  const matches = matchSources(tree, action.include, {
    name,
    ...(ignore === undefined ? {} : { isIgnored: ignore }),
  });
  const exclude = matcherOf(action.exclude, "exclude");
  const selections = selectFiles(tree, matches, exclude, action.parents);
  // What is placed has another path than its source: the content says which file it came from.
  const sources = new Map(
    selections
      .flatMap(({ top }) => (top === undefined ? [] : [...filesOf(top)]))
      .map((file) => [file.content, file]),
  );
  const sourceOf = (file: FileEntry): FileEntry => sources.get(file.content) ?? file;
  return {
    identity: identifySelections(tree, selections),
    prepare: nothingToPrepare,
    place: (draft) =>
      placeCopy(
        { action, tree, selections, destination, owner: owner ?? (isContext ? root : undefined) },
        draft,
      ),
    digest: (file) => tree.digest(sourceOf(file)),
    verify: (files) => {
      if (action.source.type === "context")
        around.context.contexts.tree(action.source.directory).verify(files.map(sourceOf));
    },
  };
}

function* filesOf({ entry, children }: SelectedFile): Iterable<FileEntry> {
  if (entry.type === "file") yield entry;
  for (const child of children) yield* filesOf(child);
}

async function sourceTree(source: CopySource, { inputs, context }: Surroundings): Promise<SourceTree> {
  if (source.type === "context") return context.contexts.tree(source.directory);
  const { layers } = inputs[source.input] ?? { layers: [] };
  return new LayerSource(await context.layers.tree(layers), context.layerDigests);
}

/** Names are looked up in the tree that the files lie on: only its two files are read. */
async function ownerOf(
  action: FileAction,
  base: Pick<Tree, "layers"> | undefined,
  context: BuildContext,
): Promise<Owner | undefined> {
  const chown = "chown" in action ? action.chown : undefined;
  if (chown === undefined) return undefined;
  if (base === undefined) return resolveOwner(chown, undefined);
  const read = (path: string) => async () => {
    const tree = await context.layers.tree(base.layers);
    const entry = tree.get(tree.resolve(path, { followLast: true }));
    return entry?.type === "file" ? Buffer.from(readContent(entry)).toString("utf8") : undefined;
  };
  return resolveOwner(chown, { passwd: read("etc/passwd"), group: read("etc/group") });
}
