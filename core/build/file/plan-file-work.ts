import { applyConfig } from "../../graph/apply-config.ts";
import type { FileOperation } from "../../graph/operation.ts";
import type { FileEntry, LayerEntry } from "../../oci/layer/entry.ts";
import { contentOf, type Tree } from "../tree.ts";
import { type BaseFacts, factsOfIndex, noBase } from "./base-facts.ts";
import { identifyEntries } from "./describe-entry.ts";
import { destinationOf } from "./destination.ts";
import { keepListing } from "./entry-listing.ts";
import { type Owner, resolveOwner, root, type UserFiles } from "./file-owner.ts";
import type { FileWork } from "./file-work.ts";
import { LayerDraft } from "./layer-draft.ts";
import { PlanMemo } from "./plan-memo.ts";
import { type FileContext, prepareWork, type Surroundings } from "./prepare-work.ts";

/** A file operation whose inputs are known: how it is cached and how it is run. */
export interface PlannedFileWork {
  /** The entries that the layer will have, by content, and nothing of how they came to be: equal keys, equal layers. */
  readonly keyInputs: Readonly<Record<string, string>>;
  /** In byte order; none: there is no layer. `verify` is to be called once their contents were read: error `FILE_CHANGED`. */
  open(): Promise<{ readonly entries: readonly LayerEntry[]; readonly verify: () => void }>;
}

/** Work on the base that it lies on. */
interface Layout {
  readonly work: FileWork;
  readonly draw: () => readonly LayerEntry[];
}

/**
 * Plans COPY, ADD and what changes files without a shell. What an operation gives is remembered by everything that it was planned
 * from, so that layers are looked into only when one of these changed.
 */
export async function planFileWork(
  op: FileOperation,
  base: Tree | undefined,
  inputs: readonly Tree[],
  context: FileContext,
): Promise<PlannedFileWork> {
  const { action, link } = op;
  const readBase = link ? undefined : base;
  const workdir = applyConfig(base?.base.config.config ?? {}, op.config).WorkingDir ?? "/";
  const destination = destinationOf("destination" in action ? action.destination : action.path, workdir);
  const around: Surroundings = { destination, readBase, inputs, context };
  const prepared = prepareWork(action, around);
  let layout: Promise<Layout> | undefined;
  const layOut = (): Promise<Layout> =>
    (layout ??= prepared.open().then((work) => layOutWork(op, work, around)));
  const memo = isWorthRemembering(op, readBase)
    ? new PlanMemo(context.store.contexts, {
        action,
        destination,
        link,
        base: readBase === undefined ? null : contentOf(readBase),
        user: baseUser(op, base) ?? "",
        reads: prepared.identity(),
      })
    : undefined;
  const known = memo?.get();
  const entries = known ?? (await identify(await layOut()));
  if (known === undefined) memo?.put(entries);
  return {
    keyInputs: { entries, clampTime: String(context.clampTime) },
    async open() {
      const { work, draw } = await layOut();
      await work.prepare("run");
      const made = draw();
      const files = made.filter((entry): entry is FileEntry => entry.type === "file");
      return {
        entries: made,
        verify() {
          work.verify(files);
          keepListing(context.store.contexts, entries, made, work);
        },
      };
    },
  };
}

/** What looks into layers or at many files; the rest is planned as fast as it is remembered. */
const isWorthRemembering = ({ action }: FileOperation, readBase: Tree | undefined): boolean =>
  readBase !== undefined || "source" in action;

async function identify({ work, draw }: Layout): Promise<string> {
  await work.prepare("plan");
  return identifyEntries(draw(), work);
}

async function layOutWork(
  { action, link }: Pick<FileOperation, "action" | "link">,
  work: FileWork,
  around: Surroundings,
): Promise<Layout> {
  const { readBase, context } = around;
  const facts =
    readBase === undefined ? noBase : factsOfIndex(await context.layers.directories(readBase.layers));
  const chown = ownerSpec({ action, link }, around, facts);
  const files = link ? undefined : userFiles(readBase ?? { layers: [] }, context);
  const owner: Owner | undefined = chown === undefined ? undefined : await resolveOwner(chown, files);
  return {
    work,
    draw() {
      // Who does not look at the base does not know whose directories these are.
      const parentOwner = link ? root : (owner ?? root);
      const draft = new LayerDraft({ base: facts, parentOwner, mtime: context.clampTime });
      work.place(draft, owner);
      return draft.entries();
    },
  };
}

/** Who a working directory is made for where no instruction says so. */
function baseUser({ action }: Pick<FileOperation, "action">, base: Tree | undefined): string | undefined {
  const isWorkdir =
    action.type === "directory" && action.unlessPresent === true && action.chown === undefined;
  return (isWorkdir ? base?.base.config.config?.User : undefined) || undefined;
}

/** `user[:group]` as written; of a working directory only where it is made: nobody is looked up for one that is there. */
function ownerSpec(
  op: Pick<FileOperation, "action" | "link">,
  { destination, readBase }: Surroundings,
  facts: BaseFacts,
): string | undefined {
  const { action } = op;
  if (action.type !== "directory" || action.unlessPresent !== true)
    return "chown" in action ? action.chown : undefined;
  const place = facts.resolve(destination.path, { followLast: true });
  return facts.directory(place) === undefined ? (action.chown ?? baseUser(op, readBase)) : undefined;
}

/** The two files of a tree that names of owners are looked up in. */
const userFiles = ({ layers }: Pick<Tree, "layers">, context: FileContext): UserFiles => ({
  passwd: async () => (await context.layers.userFiles(layers)).passwd,
  group: async () => (await context.layers.userFiles(layers)).group,
});
