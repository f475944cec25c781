import type { TagClass } from "../../declare/tag-rule.ts";
import { throwAll, TsdockError } from "../../errors/tsdock-error.ts";
import type { EventSink } from "../../events.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import type { Destination, Document, TagMove } from "../destination.ts";
import { inParallel } from "../in-parallel.ts";
import type { BlobCounts } from "../publish-result.ts";
import { BlobTally } from "../push-image.ts";
import { type CopiedExtras, copyDocument, copyExtras } from "./copy-image.ts";
import type { ImageOrigin } from "./image-origin.ts";

export interface Promotion {
  readonly name: string;
  readonly origin: ImageOrigin;
  /** Of the destination. */
  readonly repository: string;
  /** Whether the origin is the same repository: then nothing is copied. */
  readonly samePlace: boolean;
  readonly tags: readonly { readonly tag: string; readonly class: TagClass }[];
}

export interface PromoteOptions {
  readonly destination: Destination;
  readonly dryRun: boolean;
  /** Transfers at the same time. */
  readonly jobs: number;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/** What `promote --json` prints. */
export interface PromoteResult {
  readonly images: readonly {
    readonly name: string;
    readonly digest: Digest;
    readonly tags: readonly PromotedTag[];
    /** Digests of signatures and the like that came along. */
    readonly referrers: readonly Digest[];
  }[];
  readonly blobs: BlobCounts;
}

export interface PromotedTag {
  readonly reference: string;
  readonly class: TagClass;
  readonly from: Digest | null;
  readonly to: Digest;
  readonly action: "create" | "move" | "keep";
}

interface Prepared {
  readonly promotion: Promotion;
  readonly top: Document;
  readonly moves: readonly TagMove[];
  readonly tags: readonly PromotedTag[];
}

/**
 * Gives images that are published already further names, there or elsewhere: the same bytes, nothing built. All of them
 * are complete where they go, with what refers to them, before the first tag moves; immutable tags move first.
 * Errors `PUBLISH_IMMUTABLE`, `PUBLISH_FOREIGN_CHANGE` and those of registries.
 */
export async function promoteImages(
  promotions: readonly Promotion[],
  options: PromoteOptions,
): Promise<PromoteResult> {
  const { destination, dryRun, jobs, emit, signal } = options;
  const prepared = await inParallel(promotions, jobs, signal, (one, signal) =>
    prepare(one, destination, signal),
  );
  refuseMoves(prepared);
  const counts = new BlobTally();
  const extras: CopiedExtras[] = [];
  if (!dryRun) {
    const away = prepared.filter(({ promotion }) => !promotion.samePlace);
    for (const { promotion } of away) await destination.checkWritable(promotion.repository, signal);
    for (const one of prepared) extras.push(await bring(one, counts, options));
    const companions = prepared.flatMap(({ promotion: { repository } }, index) =>
      (extras[index]?.companions ?? []).map(({ tag, document }) => ({ repository, tag, document })),
    );
    await move(await companionMoves(companions, options), destination, emit, signal);
    for (const kind of ["immutable", "rolling"] as const) {
      const moves = prepared.flatMap(({ moves, tags }) =>
        moves.filter((_, index) => tags[index]?.class === kind),
      );
      await move(moves, destination, emit, signal);
    }
  }
  const images = prepared.map(({ promotion: { name }, top, tags }, index) => {
    return { name, digest: top.descriptor.digest, tags, referrers: extras[index]?.referrers ?? [] };
  });
  return { images, blobs: counts.counts };
}

async function prepare(
  promotion: Promotion,
  destination: Destination,
  signal: AbortSignal,
): Promise<Prepared> {
  const { origin, repository } = promotion;
  const top = await origin.top(signal);
  const moves = await Promise.all(
    promotion.tags.map(async ({ tag }): Promise<TagMove> => {
      return { repository, tag, from: await destination.readTag(repository, tag, signal), to: top };
    }),
  );
  const tags = promotion.tags.map((wanted, index): PromotedTag => {
    const from = moves[index]?.from?.digest ?? null;
    const to = top.descriptor.digest;
    const action = from === null ? "create" : from === to ? "keep" : "move";
    return {
      reference: destination.reference(repository, wanted.tag),
      class: wanted.class,
      from,
      to,
      action,
    };
  });
  return { promotion, top, moves, tags };
}

/** The image and what refers to it, under no tag; what is there is not sent. */
async function bring(
  { promotion, top }: Prepared,
  counts: BlobTally,
  { destination, jobs, signal }: PromoteOptions,
): Promise<CopiedExtras> {
  const { origin, repository, samePlace } = promotion;
  if (samePlace) return { referrers: [], companions: [] };
  const copying = { origin, destination, repository, counts, jobs };
  await copyDocument(top, copying, signal);
  return copyExtras(top, copying, signal);
}

function refuseMoves(prepared: readonly Prepared[]): void {
  const moving = prepared
    .flatMap(({ tags }) => tags)
    .filter((tag) => tag.class === "immutable" && tag.action === "move");
  throwAll(
    moving.map(
      ({ reference, from, to }) =>
        new TsdockError("PUBLISH_IMMUTABLE", `${reference} is published already, and it is another image`, {
          details: `it is ${from ?? ""}, and this one is ${to}`,
          hint: "promote to a new tag; an immutable tag is never moved",
        }),
    ),
  );
}

/** Signatures that stand under tags speak of a digest: the list that comes along replaces the one that is there. */
const companionMoves = (
  companions: readonly { readonly repository: string; readonly tag: string; readonly document: Document }[],
  { destination, signal }: PromoteOptions,
): Promise<readonly TagMove[]> =>
  Promise.all(
    companions.map(async ({ repository, tag, document }) => {
      return { repository, tag, from: await destination.readTag(repository, tag, signal), to: document };
    }),
  );

async function move(
  moves: readonly TagMove[],
  destination: Destination,
  emit: EventSink,
  signal: AbortSignal,
): Promise<void> {
  const open = moves.filter(({ from, to }) => from?.digest !== to.descriptor.digest);
  if (open.length === 0) return;
  const moved = ({ repository, tag, from, to }: TagMove): void => {
    const reference = destination.reference(repository, tag);
    const { digest } = to.descriptor;
    emit({ type: "tag", reference, digest, action: from === undefined ? "create" : "move" });
  };
  await destination.moveTags(open, moved, signal);
}
