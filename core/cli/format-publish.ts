import type { publishImages } from "../toolkit/publish-images.ts";
import type { promote } from "../toolkit/promote.ts";
import type { rebase } from "../toolkit/rebase.ts";
import type { undoPublish } from "../toolkit/undo-publish.ts";
import { formatTable } from "./format-table.ts";
import { bytes } from "./reporters/event-lines.ts";

type Result = Awaited<ReturnType<typeof publishImages>>;

/** The first digits of a digest: enough for eyes; --json has all of them. */
const short = (digest: string | null): string => (digest === null ? "none" : digest.slice(7, 19));

/** What a publish did or would do, for people: what tags were computed from, a row per tag, then the blobs. */
export function formatPublishTable({ images, facts, blobs, ms }: Result, dryRun: boolean): string {
  const known = groupFacts(facts).map(({ name, value, source }) => [name, value, source]);
  const rows = images.flatMap((image) =>
    image.tags.map((tag) => [
      tag.action,
      `${image.repository.startsWith("oci:") ? `${image.repository}:${image.name}` : image.repository}:${tag.tag}`,
      `${short(tag.from)} → ${short(tag.to)}`,
      tag.class,
      tag.reason,
    ]),
  );
  const said = dryRun ? formatTable(annotationRows(images)) : "";
  const seconds = (ms / 1000).toFixed(1);
  const summary = dryRun
    ? `nothing was sent: this is what would be published (found out in ${seconds}s)`
    : `${blobs.uploaded} blobs uploaded (${bytes(blobs.bytes)}), ${blobs.mounted} mounted, ${blobs.existing} there already, in ${seconds}s`;
  return `${formatTable(known)}${known.length > 0 ? "\n" : ""}${formatTable(rows)}${said}${summary}${attested(images)}\n`;
}

function attested(images: Result["images"]): string {
  const all = images.flatMap(({ attestations = [] }) => attestations);
  const made = all.filter(({ action }) => action === "create").length;
  return all.length === 0 ? "" : `; ${all.length} attestations, ${made} of them new`;
}

/** Of many images, how many annotations there are: each has much the same ones. */
function annotationRows(images: Result["images"]): readonly (readonly string[])[] {
  const all = images.flatMap(({ name, annotations = [] }) =>
    annotations.map((one) => [name, one.name, one.value, one.source]),
  );
  const shown = images.length > shownOfKind ? [] : all;
  const summary = `${all.length} of ${images.length} images, all of them in --json`;
  return shown.length === all.length ? all : [["annotations", summary]];
}

/** Facts of a kind that are shown one by one; of more, a screen is not enough. */
const shownOfKind = 8;

/** Versions of packages and what tools release are as many as a monorepo has packages: of many, how many there are. */
function groupFacts(facts: Result["facts"]): Result["facts"] {
  const kinds = ["version of", "release", "tag"].map((kind) => {
    const members = facts.filter(({ name }) => name === kind || name.startsWith(`${kind} `));
    return { kind, members: new Set(members.length > shownOfKind ? members : []) };
  });
  const grouped = kinds.flatMap(({ kind, members }) => {
    const [first] = members;
    if (first === undefined) return [];
    const sources = new Set([...members].map(({ source }) => source)).size;
    const source = sources === 1 ? first.source : `${sources} sources, all of them in --json`;
    const value = `${members.size} of them`;
    return [{ name: kind === "version of" ? "versions" : `${kind}s`, value, source }];
  });
  const single = facts.filter((fact) => kinds.every(({ members }) => !members.has(fact)));
  return [...single, ...grouped];
}

const meanings = {
  restored: "restored",
  deleted: "deleted",
  unchanged: "as it was",
  left: "LEFT: it did not exist before, and the registry does not delete tags",
  foreign: "LEFT: somebody else has moved it since",
} as const;

/** What an undo did or would do, a row per tag. */
export function formatUndoTable({ id, tags }: Awaited<ReturnType<typeof undoPublish>>): string {
  const rows = tags.map(({ reference, from, to, action }) => [
    reference,
    `${short(from)} → ${short(action === "left" || action === "foreign" ? from : to)}`,
    meanings[action],
  ]);
  return `release ${id}\n${formatTable(rows)}`;
}

/** What a promotion did or would do, a row per tag. */
export function formatPromoteTable(
  { images, blobs }: Awaited<ReturnType<typeof promote>>,
  dryRun: boolean,
): string {
  const rows = images.flatMap(({ tags }) =>
    tags.map(({ action, reference, from, to, class: kind }) => [
      action,
      reference,
      `${short(from)} → ${short(to)}`,
      kind,
    ]),
  );
  const along = images.reduce((sum, { referrers }) => sum + referrers.length, 0);
  const signatures = along === 0 ? "" : `, ${along} referrers along`;
  const summary = dryRun
    ? "nothing was sent: this is what would be promoted"
    : `${blobs.uploaded} blobs copied (${bytes(blobs.bytes)}), ${blobs.mounted} mounted, ${blobs.existing} there already${signatures}`;
  return `${formatTable(rows)}${summary}\n`;
}

/** What a rebase did or would do: a row per platform, then the tag. */
export function formatRebase(result: Awaited<ReturnType<typeof rebase>>, dryRun: boolean): string {
  const rows = result.platforms.map(({ platform, base }) => [
    platform,
    base.name,
    `${base.from.slice(7, 19)} → ${short(base.to)}`,
  ]);
  const { action, reference, from, to, blobs } = result;
  const sent = dryRun
    ? "nothing was sent"
    : `${blobs.uploaded} blobs copied (${bytes(blobs.bytes)}), ${blobs.mounted} mounted, ${blobs.existing} there already`;
  return `${formatTable(rows)}${action} ${reference} ${short(from)} → ${short(to)}\n${sent}\n`;
}
