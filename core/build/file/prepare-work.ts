import type { CopySource, FileAction } from "../../graph/operation.ts";
import type { FileEntry } from "../../oci/layer/entry.ts";
import type { BuildContext } from "../operation-handler.ts";
import { contentOf, type Tree } from "../tree.ts";
import { copyWork } from "./copy-work.ts";
import type { Destination } from "./destination.ts";
import { extractWork, findArchive } from "./extract-work.ts";
import type { FileWork } from "./file-work.ts";
import { LayerSource } from "./layer-source.ts";
import type { MatchContext } from "./match-sources.ts";
import { identifySelections } from "./select-files.ts";
import { directoryWork, downloadWork, removeWork, symlinkWork, writeWork } from "./single-works.ts";
import type { SourceTree } from "./source-tree.ts";

/** What work on files may use of a build. */
export type FileContext = Pick<
  BuildContext,
  "store" | "layers" | "contexts" | "layerDigests" | "clampTime" | "download" | "signal" | "emit"
>;

export interface Surroundings {
  readonly destination: Destination;
  /** What the layer lies on, where it looks at it. */
  readonly readBase: Tree | undefined;
  readonly inputs: readonly Tree[];
  readonly context: FileContext;
}

/** Work whose sources are named, and not yet read where they lie in layers. */
export interface PreparedWork {
  /** Stands for everything that the work reads besides the base; asked for at most once. */
  identity(): string;
  /** Reads what lies in layers. */
  open(): Promise<FileWork>;
}

/** A context's files are looked at right away: what is wrong with them is told whatever the cache knows. */
export function prepareWork(action: FileAction, around: Surroundings): PreparedWork {
  const { destination, context, readBase } = around;
  switch (action.type) {
    case "copy":
      return prepareCopy(action, around);
    case "extract":
      return prepareExtract(action, around);
    case "download": {
      const sha256 = action.checksum.slice("sha256:".length);
      const download = () => context.download({ urls: [action.url], sha256, name: action.url });
      return ready(downloadWork(action, destination, download));
    }
    case "write":
      return ready(writeWork(action, destination));
    case "symlink":
      return ready(symlinkWork(action, destination));
    case "directory":
      return ready(directoryWork(action, destination));
    case "remove":
      return {
        identity: () => "",
        async open() {
          const tree = readBase === undefined ? undefined : await context.layers.tree(readBase.layers);
          const message = `${action.path} is not there: nothing to remove`;
          return removeWork({
            path: destination,
            tree,
            onNothing: () => context.emit({ type: "debug", message }),
          });
        },
      };
  }
}

/** Work that reads nothing but what its declaration says. */
const ready = (work: FileWork): PreparedWork => ({ identity: () => "", open: () => Promise.resolve(work) });

function prepareCopy(action: Extract<FileAction, { type: "copy" }>, around: Surroundings): PreparedWork {
  const { destination, context, inputs } = around;
  const { source } = action;
  if (source.type === "input") {
    return {
      identity: () => contentOfInput(source.input, inputs),
      open: async () =>
        copyWork({
          action,
          tree: await openInput(source.input, around),
          destination,
          verify: () => undefined,
          ...ofImage,
        }),
    };
  }
  const tree = context.contexts.tree(source.directory);
  const verify = (files: readonly FileEntry[]): void => tree.verify(files);
  const work = copyWork({ action, tree, destination, verify, ...ofContext(source.directory, context) });
  return { identity: () => identifySelections(tree, work.selections), open: () => Promise.resolve(work) };
}

function prepareExtract(
  action: Extract<FileAction, { type: "extract" }>,
  around: Surroundings,
): PreparedWork {
  const { destination, context, inputs } = around;
  const { source } = action;
  const workOn = (tree: SourceTree, file: FileEntry, where: string, verify: () => void): FileWork => {
    const name = `${JSON.stringify(action.path)} in ${where}`;
    return extractWork({
      action,
      destination,
      async open() {
        const { openArchive } = await import("./open-archive.ts");
        return openArchive({ file, digest: tree.digest(file), name, verify }, context.store, context.signal);
      },
      digests: context.layerDigests,
    });
  };
  if (source.type === "input") {
    return {
      identity: () => contentOfInput(source.input, inputs),
      async open() {
        const tree = await openInput(source.input, around);
        return workOn(tree, findArchive(tree, action.path, ofImage), ofImage.name, () => undefined);
      },
    };
  }
  const tree = context.contexts.tree(source.directory);
  const names = ofContext(source.directory, context);
  const file = findArchive(tree, action.path, names);
  const work = workOn(tree, file, names.name, () => tree.verify([file]));
  return { identity: () => tree.digest(file), open: () => Promise.resolve(work) };
}

const ofImage: MatchContext = { name: "the image that is copied from" };

const ofContext = (directory: string, context: FileContext): MatchContext => ({
  name: `the context ${directory}`,
  isIgnored: context.contexts.ignoredIn(directory),
});

type InputIndex = Extract<CopySource, { type: "input" }>["input"];

const layersOf = (input: InputIndex, inputs: readonly Tree[]): Pick<Tree, "layers"> =>
  inputs[input] ?? { layers: [] };

const contentOfInput = (input: InputIndex, inputs: readonly Tree[]): string =>
  contentOf(layersOf(input, inputs));

const openInput = async (input: InputIndex, { inputs, context }: Surroundings): Promise<SourceTree> =>
  new LayerSource(await context.layers.tree(layersOf(input, inputs).layers), context.layerDigests);
