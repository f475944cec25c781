import { imageSize } from "../../oci/image/human.ts";
import { type ByteString, fromByteString, type LayerEntry } from "../../oci/layer/entry.ts";
import { markerOf } from "../../oci/layer/whiteout.ts";
import type { CheckedImage, CheckRule } from "../../plugin/check-contract.ts";
import type { Json } from "../../util/json.ts";

const defaultMost = 1_000_000;

export const wastedBytes: CheckRule = {
  id: "wasted-bytes",
  severity: "warning",
  summary:
    "a step overwrites or removes files that a layer below keeps all the same: more than a megabyte, or than `bytes` of its options",
  *check({ images, options }) {
    for (const image of images) yield* inImage(image, mostOf(options));
  },
};

function mostOf(options: Json | undefined): number {
  const bytes =
    typeof options === "object" && options !== null && "bytes" in options ? options["bytes"] : defaultMost;
  return typeof bytes === "number" ? bytes : defaultMost;
}

interface Lost {
  readonly path: ByteString;
  readonly size: number;
}

function* inImage({ name, built }: CheckedImage, most: number): ReturnType<CheckRule["check"]> & Generator {
  const sizes = new Map<ByteString, number>();
  for (const { step, entries } of built?.layers ?? []) {
    const lost = applyLayer(sizes, entries() ?? []);
    const bytes = lost.reduce((sum, { size }) => sum + size, 0);
    if (step === undefined || bytes <= most) continue;
    const largest = [...lost].sort((a, b) => b.size - a.size).slice(0, 3);
    const which = largest.map(({ path, size }) => `/${fromByteString(path)} (${imageSize(size)})`).join(", ");
    yield {
      message: `the step overwrites or removes ${imageSize(bytes)} that stay in the layers below: ${which}`,
      hint: "remove them in the step that makes them, or copy only what is wanted from a builder image",
      place: step.place,
      image: name,
    };
  }
}

/** Takes a layer into account and gives the files below that nobody sees any more. */
function applyLayer(sizes: Map<ByteString, number>, entries: readonly LayerEntry[]): readonly Lost[] {
  const lost: Lost[] = [];
  const lose = (path: ByteString): void => {
    const size = sizes.get(path);
    if (size !== undefined && size > 0) lost.push({ path, size });
    sizes.delete(path);
  };
  const hidden = entries.flatMap(({ path }) => {
    const marker = markerOf(path);
    return marker === undefined || marker.type === "ignored" ? [] : [marker];
  });
  if (hidden.length > 0) {
    const exact = new Set(hidden.flatMap((marker) => (marker.type === "whiteout" ? [marker.path] : [])));
    const below = new Set(hidden.map(({ path }) => path));
    for (const path of [...sizes.keys()]) if (exact.has(path) || hasParent(path, below)) lose(path);
  }
  for (const entry of entries) {
    if (markerOf(entry.path) !== undefined || entry.type === "directory") continue;
    lose(entry.path);
    if (entry.type === "file") sizes.set(entry.path, entry.size);
  }
  return lost;
}

function hasParent(path: ByteString, directories: ReadonlySet<ByteString>): boolean {
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1))
    if (directories.has(path.slice(0, at))) return true;
  return false;
}
