import { type Digest, shortId } from "../spec/digest.ts";
import type { History, ImageConfig } from "../spec/image-config.ts";
import { humanAge, imageSize } from "./human.ts";

/** One instruction of an image's history. */
export interface HistoryRow {
  /** The image's id for the newest row, undefined (docker prints `<missing>`) below. */
  readonly id: Digest | undefined;
  /** Milliseconds since 1970; undefined where the image does not say. */
  readonly created: number | undefined;
  readonly createdBy: string;
  /** Bytes that the layer holds unpacked; 0 for an instruction without a layer; undefined while it is not known. */
  readonly size: number | undefined;
  readonly comment: string;
  /** The layer that the instruction made; undefined where it made none. */
  readonly diffId: Digest | undefined;
}

/**
 * The rows of `docker image history`, newest first. `sizeOf` gives the size of a layer's content.
 * Layers that the history does not mention get rows of their own, so that no size is hidden.
 */
export function historyRows(
  imageId: Digest,
  config: ImageConfig,
  sizeOf: (diffId: Digest) => number | undefined,
): readonly HistoryRow[] {
  const diffIds = config.rootfs.diff_ids;
  const history = config.history ?? [];
  const described = history.filter((entry) => entry.empty_layer !== true).length;
  const undescribed: readonly History[] = Array.from(
    { length: Math.max(0, diffIds.length - described) },
    () => ({}),
  );
  let layer = 0;
  const rows = [...history, ...undescribed].map((entry): Omit<HistoryRow, "id"> => {
    const diffId = entry.empty_layer === true ? undefined : diffIds[layer++];
    return {
      created: timeOf(entry.created),
      createdBy: entry.created_by ?? "",
      size: diffId === undefined ? 0 : sizeOf(diffId),
      comment: entry.comment ?? "",
      diffId,
    };
  });
  return rows.reverse().map((row, index) => ({ ...row, id: index === 0 ? imageId : undefined }));
}

/** Milliseconds since 1970; undefined for what is no time. */
export function timeOf(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

export interface HistoryCells {
  readonly image: string;
  readonly created: string;
  readonly createdBy: string;
  readonly size: string;
  readonly comment: string;
}

const createdByWidth = 45;

/** A row as docker prints it; `full` is `--no-trunc`. */
export function historyCells(row: HistoryRow, now: number, full: boolean): HistoryCells {
  const createdBy = row.createdBy.replaceAll("\t", " ");
  return {
    image: row.id === undefined ? "<missing>" : full ? row.id : shortId(row.id),
    created: createdCell(row.created, now),
    createdBy: full ? createdBy : ellipsis(createdBy, createdByWidth),
    size: row.size === undefined ? "N/A" : imageSize(row.size),
    comment: row.comment,
  };
}

/** The CREATED column: images made reproducibly carry the epoch, which says nothing; docker shows that since 23. */
export const createdCell = (created: number | undefined, now: number): string =>
  created === undefined || created <= 0 ? "N/A" : humanAge(created, now);

/** At most `width` characters, the last of them `…` where some were cut. */
export function ellipsis(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join("")}…`;
}
