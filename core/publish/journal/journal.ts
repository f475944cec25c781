import type { TagClass } from "../../declare/tag-rule.ts";
import type { Descriptor } from "../../oci/spec/descriptor.ts";
import type { Digest } from "../../oci/spec/digest.ts";

/**
 * What a release did, or was about to do, to tags: written before the first of them moves, with what was there before,
 * so that it can be completed and undone whatever happens. Version 1; has no secrets.
 */
export interface Journal {
  readonly version: 1;
  /** Sorts by time. */
  readonly id: string;
  readonly destination: string;
  /** `moving` until every tag has moved; `complete`; `undone` once `--undo` is through. */
  readonly state: "moving" | "complete" | "undone";
  readonly moves: readonly JournalMove[];
  /** Documents about the images that were there before the first tag moved. They stay: nothing deletes manifests. */
  readonly attestations?: readonly JournalAttestation[];
}

export interface JournalAttestation {
  readonly image: string;
  readonly repository: string;
  /** The manifest that it is about. */
  readonly subject: Digest;
  readonly artifactType: string;
  readonly digest: Digest;
}

export interface JournalMove {
  readonly image: string;
  readonly repository: string;
  readonly tag: string;
  readonly class: TagClass;
  /** What the tag meant before the release; null where it did not exist. */
  readonly from: Descriptor | null;
  readonly to: Descriptor;
  /** Whether we saw it done. A process that was killed may have done more than this says. */
  readonly moved: boolean;
}

/** Where journals are kept. Every write is on the disk before it returns. */
export interface JournalKeeper {
  /** The latest of this destination; undefined where there is none. Error `JOURNAL_INVALID`. */
  latest(destination: string): Promise<Journal | undefined>;
  put(journal: Journal): Promise<void>;
}

/** Keeps nothing: for what nobody undoes. */
export const noJournal: JournalKeeper = {
  latest: () => Promise.resolve(undefined),
  put: () => Promise.resolve(),
};

const keyOf = ({ repository, tag }: Pick<JournalMove, "repository" | "tag">): string =>
  `${repository}:${tag}`;

/**
 * The journal of a release that is about to move tags. Where an earlier run of the same release was interrupted, what
 * that run found before it began stays what is restored: `held` are all tags of this release with what they are to mean.
 */
export function beginJournal(
  begin: Pick<Journal, "id" | "destination" | "attestations"> & { readonly moves: readonly JournalMove[] },
  held: ReadonlyMap<string, Descriptor>,
  earlier: Journal | undefined,
): Journal {
  const fresh = { version: 1, ...begin, state: "moving" } as const;
  const resumed =
    earlier?.state === "moving" &&
    earlier.moves.every((move) => held.get(keyOf(move))?.digest === move.to.digest);
  if (!resumed) return fresh;
  const again = new Set(begin.moves.map(keyOf));
  // What this run need not move any more, the other one moved.
  const done = earlier.moves.filter((move) => !again.has(keyOf(move)));
  return {
    ...fresh,
    id: earlier.id,
    moves: [...done.map((move) => ({ ...move, moved: true })), ...begin.moves],
  };
}

export const referenceKey = keyOf;

/** The journal with these moves done. */
export const withMoved = (journal: Journal, moved: ReadonlySet<string>): Journal => ({
  ...journal,
  moves: journal.moves.map((move) => (moved.has(keyOf(move)) ? { ...move, moved: true } : move)),
});
