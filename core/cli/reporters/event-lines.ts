import path from "node:path";
import { formatPlace } from "../../errors/place.ts";
import type { TsdockEvent, VertexInfo } from "../../events.ts";
import { paint } from "../paint.ts";

type Warning = Extract<TsdockEvent, { type: "warning" }>;

export function formatWarning(event: Warning, color: boolean): string {
  const where = event.place === undefined ? "" : ` (${formatPlace(event.place)})`;
  const hint = event.hint === undefined ? "" : `; ${event.hint}`;
  return `${paint(color).yellow("warning")} ${event.code} ${event.message}${where}${hint}`;
}

/** `changed apps/web/server.js and 2 more`; undefined where a first round begins. */
export function changeLine({
  files,
  changes,
}: Extract<TsdockEvent, { type: "watch.start" }>): string | undefined {
  const [first] = files;
  if (first === undefined) return undefined;
  const more = changes > 1 ? ` and ${changes - 1} more` : "";
  return `changed ${path.relative(process.cwd(), first) || "."}${more}`;
}

/** `container web-3f9a exited with 1; it starts again with the next change`. */
export function containerLine(event: Extract<TsdockEvent, { type: "watch.container" }>): string {
  const { name, imageId, state, exitCode } = event;
  if (state === "started") return `container ${name} started, image ${imageId.slice(7, 19)}`;
  const code = exitCode === undefined ? "" : ` with ${exitCode}`;
  return state === "stopped"
    ? `container ${name} stopped`
    : `container ${name} exited${code}; it starts again with the next change`;
}

const layerWords = {
  preparing: "Preparing",
  pushed: "Pushed",
  existing: "Layer already exists",
  mounted: "Mounted from",
  pulling: "Pulling fs layer",
  pulled: "Pull complete",
  present: "Already exists",
} as const;

/** What docker says of a layer: `5f70bf18a086: Mounted from library/busybox`. */
export function layerLine({ digest, state, from }: Extract<TsdockEvent, { type: "layer" }>): string {
  return `${digest.slice(7, 19)}: ${layerWords[state]}${from === undefined ? "" : ` ${from}`}`;
}

/** `[web] RUN apt-get update`; `[web +3]` where four images share it. */
export function vertexTitle(vertex: VertexInfo): string {
  const [first, ...others] = vertex.images;
  if (first === undefined) return vertex.name;
  return `[${first}${others.length === 0 ? "" : ` +${others.length}`}] ${vertex.name}`;
}

export const seconds = (ms: number): string =>
  ms < 9950 ? `${(ms / 1000).toFixed(1)}s` : `${Math.round(ms / 1000)}s`;

const units = ["B", "kB", "MB", "GB", "TB"];

export function bytes(count: number): string {
  const unit = Math.min(units.length - 1, count < 1000 ? 0 : Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** unit;
  return `${unit === 0 ? value : value.toPrecision(3)}${units[unit] ?? "B"}`;
}
