import { isTsdockError, throwAll } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { Destination } from "./destination.ts";
import { inParallel } from "./in-parallel.ts";
import type { Journal, JournalKeeper, JournalMove } from "./journal/journal.ts";
import { type PreflightFailure, preflightErrors } from "./preflight-errors.ts";

export interface UndoOptions {
  readonly destination: Destination;
  readonly journal: JournalKeeper;
  readonly emit: EventSink;
  readonly dryRun: boolean;
  readonly jobs: number;
  readonly signal: AbortSignal;
}

/** What `publish --undo --json` prints. */
export interface UndoResult {
  /** Of the release that was undone. */
  readonly id: string;
  readonly destination: string;
  readonly tags: readonly UndoneTag[];
  /** Whether every tag is again what it was before the release. */
  readonly complete: boolean;
}

export interface UndoneTag {
  readonly reference: string;
  /** What it meant when it was looked at; null where it did not exist. */
  readonly from: Digest | null;
  /** What it meant before the release; null where it did not exist. */
  readonly to: Digest | null;
  /**
   * `restored` and `deleted` are done (or would be, in a dry run), `unchanged` needed nothing. `left` is a new tag that the
   * destination does not delete, `foreign` one that somebody else has moved since.
   */
  readonly action: "restored" | "deleted" | "unchanged" | "left" | "foreign";
}

/**
 * Takes the tags of a release back: rolling ones first, then immutable ones. What somebody else moved since is left alone.
 * A manifest is never deleted: other tags may mean it.
 */
export async function undoRelease(journal: Journal, options: UndoOptions): Promise<UndoResult> {
  const { destination, jobs, signal, dryRun } = options;
  const moves = [...journal.moves].reverse();
  const seen = await inParallel(moves, jobs, signal, async (move, signal) => ({
    move,
    now: await destination.readTag(move.repository, move.tag, signal),
  }));
  const planned = seen.map(({ move, now }) => ({ move, tag: decide(move, now?.digest, destination) }));
  if (!dryRun) await checkWritable(planned, options);
  const tags: UndoneTag[] = [];
  for (const kind of ["rolling", "immutable"] as const) {
    const pass = planned.filter(({ move }) => move.class === kind);
    tags.push(
      ...(await inParallel(pass, jobs, signal, ({ move, tag }, signal) =>
        dryRun ? Promise.resolve(tag) : takeBack(move, tag, { ...options, signal }),
      )),
    );
  }
  const complete = tags.every(({ action }) => action !== "left" && action !== "foreign");
  // Where something is left, the same again may do more, once whoever can has helped.
  if (!dryRun && complete) await options.journal.put({ ...journal, state: "undone" });
  return { id: journal.id, destination: journal.destination, tags, complete };
}

function decide(move: JournalMove, now: Digest | undefined, destination: Destination): UndoneTag {
  const { repository, tag, from, to } = move;
  const common = {
    reference: destination.reference(repository, tag),
    from: now ?? null,
    to: from?.digest ?? null,
  };
  if (now === from?.digest) return { ...common, action: "unchanged" };
  if (now !== to.digest) return { ...common, action: "foreign" };
  return { ...common, action: from === null ? "deleted" : "restored" };
}

async function checkWritable(
  planned: readonly { readonly move: JournalMove; readonly tag: UndoneTag }[],
  { destination, jobs, signal }: UndoOptions,
): Promise<void> {
  const needed = planned.filter(({ tag }) => tag.action === "restored" || tag.action === "deleted");
  const repositories = [...new Set(needed.map(({ move }) => move.repository))];
  const failures: PreflightFailure[] = [];
  await inParallel(repositories, jobs, signal, async (repository, signal) => {
    try {
      await destination.checkWritable(repository, signal);
    } catch (error) {
      if (!isTsdockError(error)) throw error;
      failures.push({ error, publishing: destination.label(repository) });
    }
  });
  throwAll(preflightErrors(failures));
}

async function takeBack(
  { repository, tag, from, to }: JournalMove,
  planned: UndoneTag,
  { destination, emit, signal }: UndoOptions,
): Promise<UndoneTag> {
  if (planned.action === "deleted") {
    const gone = await destination.deleteTag(repository, tag, signal);
    return gone ? planned : { ...planned, action: "left" };
  }
  if (planned.action !== "restored" || from === null) return planned;
  const before = await destination.readManifest(repository, from, signal);
  const told = (): void => {
    emit({ type: "tag", reference: planned.reference, digest: from.digest, action: "move" });
  };
  await destination.moveTags([{ repository, tag, from: to, to: before }], told, signal);
  return planned;
}
