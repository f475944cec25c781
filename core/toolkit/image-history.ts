import type { Place } from "../errors/place.ts";
import { imageSize } from "../oci/image/human.ts";
import { createdCell, historyRows } from "../oci/image/history.ts";
import { sourcesOf } from "./build-record.ts";
import { requireStored, viewOf } from "./find-image.ts";
import type { Host } from "./host.ts";
import { layerSize } from "./layer-size.ts";
import { openStore } from "./open-store.ts";

export interface HistoryRequest {
  readonly image: string;
  readonly platform: string | undefined;
  /** Sizes and dates for people. */
  readonly human: boolean;
  /** Also where each instruction was written, from the records of builds. */
  readonly source: boolean;
}

/** A row of `docker image history`, as text. */
export interface HistoryCells {
  /** `<missing>` for all but the newest. */
  readonly id: string;
  /** `3 minutes ago`; without `human` as `createdAt`. */
  readonly created: string;
  /** RFC 3339; empty where the image does not say. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly size: string;
  readonly comment: string;
  readonly diffId: string | null;
  /** Where the instruction was written, with `source`; null where no build here knows. */
  readonly source?: Place | null;
}

export async function imageHistory(
  { image, platform, human, source }: HistoryRequest,
  host: Host,
): Promise<readonly HistoryCells[]> {
  await using store = await openStore(host);
  const view = await viewOf(store, await requireStored(store, image, host), platform);
  const compressed = new Map(
    view.manifest.layers.map((layer, index) => [view.config.rootfs.diff_ids[index], layer.size]),
  );
  const rows = historyRows(
    view.manifest.config.digest,
    view.config,
    (diffId) => layerSize(store, diffId) ?? compressed.get(diffId),
  );
  const now = Date.now();
  // The lines of a base come first, and were written elsewhere.
  const places = source ? (sourcesOf(store, view.manifest.config.digest) ?? []).toReversed() : [];
  return rows.map((row, index) => {
    const createdAt =
      row.created === undefined ? "" : new Date(row.created).toISOString().replace(/\.\d+Z$/, "Z");
    return {
      id: row.id ?? "<missing>",
      created: human ? createdCell(row.created, now) : createdAt,
      createdAt,
      createdBy: row.createdBy.replaceAll("\t", " "),
      size: row.size === undefined ? "N/A" : human ? imageSize(row.size) : String(row.size),
      comment: row.comment,
      diffId: row.diffId ?? null,
      ...(source ? { source: places[index] ?? null } : {}),
    };
  });
}
