import { TsdockError } from "../errors/tsdock-error.ts";
import type { EventSink } from "../events.ts";
import type { Descriptor } from "../oci/spec/descriptor.ts";
import type { Destination, TagMove } from "./destination.ts";
import { foreignChange } from "./foreign-change.ts";
import { inParallel } from "./in-parallel.ts";
import type { ImageState } from "./inspect-destination.ts";
import {
  beginJournal,
  type Journal,
  type JournalKeeper,
  type JournalMove,
  referenceKey,
  withMoved,
} from "./journal/journal.ts";
import { publishLevels } from "./plan/publish-plan.ts";
import type { TagClass } from "../declare/tag-rule.ts";
import type { PlacedAttestation } from "./publish-result.ts";
import type { ReleaseImage } from "./release-image.ts";

/** An image that is complete where it goes, and the tags that it is to get. */
export interface SettledImage extends ImageState {
  readonly release: Pick<ReleaseImage, "top">;
  readonly attestations?: readonly PlacedAttestation[];
}

export interface MoveOptions {
  readonly destination: Destination;
  /** As in the plan. */
  readonly name: string;
  readonly journal: JournalKeeper;
  /** Of a new journal. */
  readonly id: string;
  readonly emit: EventSink;
  readonly jobs: number;
  readonly signal: AbortSignal;
}

/**
 * Moves what has to move: immutable tags of all images, then rolling tags, images before those that are made from them.
 * What each tag meant before is in the journal before the first of them moves. When it fails, it says which tags have moved.
 */
export async function moveAllTags(images: readonly SettledImage[], options: MoveOptions): Promise<void> {
  const { destination, journal: keeper } = options;
  const passes = movePasses(images, destination.isRegistry);
  if (passes.length === 0) return closeJournal(images, options);
  let journal = beginJournal(
    {
      id: options.id,
      destination: options.name,
      moves: passes.flat().map(journalMove),
      ...attestationsOf(images),
    },
    heldTags(images),
    await keeper.latest(options.name),
  );
  await keeper.put(journal);
  const done: TagMove[] = [];
  let current: readonly ClassedMove[] = [];
  try {
    for (const moves of passes) {
      // Whoever follows a rolling tag may rely on the immutable ones: nobody changed them meanwhile.
      if (current[0]?.class === "immutable" && moves[0]?.class === "rolling")
        await checkHeld(passes, options);
      current = moves;
      await destination.moveTags(moves, (move) => told(move, done, options), options.signal);
    }
  } catch (error) {
    const doubtful = await settleDoubt(current, done, options);
    await keeper.put(withDone(journal, done));
    throw halfDone(error, done, doubtful, destination);
  }
  journal = { ...withDone(journal, done), state: "complete" };
  await keeper.put(journal);
}

interface ClassedMove extends TagMove {
  readonly image: string;
  readonly class: TagClass;
}

/**
 * One list of moves per class and level of dependencies; one for all where they are done at once anyway. The first move of a class goes
 * alone: of two publishes at once, the one that is overtaken finds it out there.
 */
function movePasses(
  images: readonly SettledImage[],
  separately: boolean,
): readonly (readonly ClassedMove[])[] {
  const of = (group: readonly SettledImage[], classes: readonly TagClass[]): readonly ClassedMove[] =>
    group.flatMap((image) => movesOf(image).filter((move) => classes.includes(move.class)));
  const levels = publishLevels(images);
  const all = separately
    ? [
        ...firstAlone(levels.map((level) => of(level, ["immutable"]))),
        ...firstAlone(levels.map((level) => of(level, ["rolling"]))),
      ]
    : [of(images, ["immutable", "rolling"])];
  return all.filter((moves) => moves.length > 0);
}

function firstAlone(passes: readonly (readonly ClassedMove[])[]): readonly (readonly ClassedMove[])[] {
  const [first = [], ...others] = passes.filter((moves) => moves.length > 0);
  return [first.slice(0, 1), first.slice(1), ...others];
}

function movesOf({ plan, tags, release }: SettledImage): readonly ClassedMove[] {
  const { name: image, repository } = plan;
  const to = release.top;
  return tags.flatMap(({ tag, class: kind, now, skip }) =>
    skip || now?.digest === to.descriptor.digest
      ? []
      : [{ image, repository, tag, class: kind, from: now, to }],
  );
}

const journalMove = ({ image, repository, tag, class: kind, from, to }: ClassedMove): JournalMove => ({
  image,
  repository,
  tag,
  class: kind,
  from: from === undefined ? null : plain(from),
  to: plain(to.descriptor),
  moved: false,
});

const attestationsOf = (images: readonly SettledImage[]): Pick<Journal, "attestations"> => {
  const placed = images.flatMap(({ plan: { name: image, repository }, attestations = [] }) =>
    attestations.map(({ subject, artifactType, digest }) => ({
      image,
      repository,
      subject,
      artifactType,
      digest,
    })),
  );
  return placed.length === 0 ? {} : { attestations: placed };
};

const plain = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size });

/** What every tag of the release is to mean in the end. */
const heldTags = (images: readonly SettledImage[]): ReadonlyMap<string, Descriptor> =>
  new Map(
    images.flatMap(({ plan, tags, release }) =>
      tags.flatMap(({ tag, skip }) =>
        skip ? [] : [[referenceKey({ repository: plan.repository, tag }), release.top.descriptor] as const],
      ),
    ),
  );

/** Nothing is left to move: an earlier run was killed between its last tag and its last word. */
async function closeJournal(images: readonly SettledImage[], { journal, name }: MoveOptions): Promise<void> {
  const earlier = await journal.latest(name);
  if (earlier?.state !== "moving") return;
  const held = heldTags(images);
  if (!earlier.moves.every((move) => held.get(referenceKey(move))?.digest === move.to.digest)) return;
  await journal.put({
    ...withMoved(earlier, new Set(earlier.moves.map(referenceKey))),
    state: "complete",
  });
}

const withDone = (journal: Journal, done: readonly TagMove[]): Journal =>
  withMoved(journal, new Set(done.map(referenceKey)));

function told(move: TagMove, done: TagMove[], { destination, emit }: MoveOptions): void {
  done.push(move);
  const { repository, tag, from, to } = move;
  emit({
    type: "tag",
    reference: destination.reference(repository, tag),
    digest: to.descriptor.digest,
    action: from === undefined ? "create" : "move",
  });
}

/** Error `PUBLISH_FOREIGN_CHANGE` where an immutable tag that we moved is not ours any more. */
async function checkHeld(
  passes: readonly (readonly ClassedMove[])[],
  { destination, jobs, signal }: MoveOptions,
): Promise<void> {
  const moved = passes.flat().filter((move) => move.class === "immutable");
  await inParallel(moved, jobs, signal, async ({ repository, tag, to }, signal) => {
    const now = await destination.readTag(repository, tag, signal);
    if (now?.digest !== to.descriptor.digest)
      throw foreignChange(destination.reference(repository, tag), to.descriptor.digest, now?.digest);
  });
}

/**
 * After a failure: which moves were done although nobody heard of it. Adds them to `done`, and gives those of which even
 * that cannot be found out.
 */
async function settleDoubt(
  current: readonly ClassedMove[],
  done: TagMove[],
  { destination, signal }: MoveOptions,
): Promise<readonly ClassedMove[]> {
  const known = new Set(done.map(referenceKey));
  const open = current.filter((move) => !known.has(referenceKey(move)));
  if (signal.aborted) return open;
  const seen = await Promise.allSettled(
    open.map(({ repository, tag }) => destination.readTag(repository, tag, signal)),
  );
  const doubtful: ClassedMove[] = [];
  for (const [index, move] of open.entries()) {
    const answer = seen[index];
    if (answer?.status !== "fulfilled") doubtful.push(move);
    else if (answer.value?.digest === move.to.descriptor.digest) done.push(move);
  }
  return doubtful;
}

function halfDone(
  error: unknown,
  done: readonly TagMove[],
  doubtful: readonly TagMove[],
  destination: Destination,
): unknown {
  if (!(error instanceof TsdockError) || done.length + doubtful.length === 0) return error;
  const list = (title: string, moves: readonly TagMove[]): readonly string[] =>
    moves.length === 0
      ? []
      : [title, ...moves.map(({ repository, tag }) => `  ${destination.reference(repository, tag)}`)];
  const details = [
    ...(error.details === undefined ? [] : [error.details]),
    ...list("these tags have moved already:", done),
    ...list("of these it is not known whether they have moved:", doubtful),
  ];
  const { place, hint } = error;
  const next = "publish again: what is done is not done twice; or take it back by `tsdock publish --undo`";
  return new TsdockError(error.code, error.message, {
    place,
    hint: hint === undefined ? next : `${hint}; ${next}`,
    details: details.join("\n"),
    cause: error.cause,
  });
}
