import type { publishImages } from "../toolkit/publish-images.ts";
import { formatTable } from "./format-table.ts";
import { bytes } from "./reporters/event-lines.ts";

/** What a publish did, for people: a row per tag, then the blobs. */
export function formatPublishTable({ images, blobs, ms }: Awaited<ReturnType<typeof publishImages>>): string {
  const rows = images.flatMap((image) =>
    image.tags.map((tag) => [
      tag.action,
      `${image.repository.startsWith("oci:") ? `${image.repository}:${image.name}` : image.repository}:${tag.tag}`,
      image.digest,
    ]),
  );
  const summary = `${blobs.uploaded} blobs uploaded (${bytes(blobs.bytes)}), ${blobs.mounted} mounted, ${blobs.existing} there already, in ${(ms / 1000).toFixed(1)}s`;
  return `${formatTable(rows)}${summary}\n`;
}
