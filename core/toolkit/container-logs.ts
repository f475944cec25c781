import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { TsdockError } from "../errors/tsdock-error.ts";
import { type LogEntry, LogReader } from "../run/log/read-log.ts";
import { isRunning } from "../run/stop-container.ts";
import { requireContainer } from "./container-operations.ts";
import type { Host } from "./host.ts";

export interface LogsRequest {
  readonly container: string;
  readonly follow: boolean;
  /** RFC 3339, seconds since 1970, or a duration back from now; undefined for the beginning. */
  readonly since: string | undefined;
  readonly until: string | undefined;
  /** The last so many lines; undefined for all. */
  readonly tail: number | undefined;
}

const pollMs = 50;

/** What a container wrote, oldest first; with `follow` until it ends. */
export async function* containerLogs(request: LogsRequest, host: Host): AsyncGenerator<LogEntry> {
  const { container } = await requireContainer(request.container, host);
  const now = Date.now();
  const since = momentOf(request.since, "since", now) ?? Number.NEGATIVE_INFINITY;
  const until = momentOf(request.until, "until", now) ?? Number.POSITIVE_INFINITY;
  const file = container.file("container.log");
  const isWanted = ({ time }: LogEntry): boolean => Date.parse(time) >= since && Date.parse(time) < until;
  if (!fs.existsSync(file)) {
    if (!request.follow) return;
    fs.writeFileSync(file, "", { flag: "a", mode: 0o600 });
  }
  using reader = new LogReader(file);
  yield* lastOf(wanted(reader, isWanted), request.tail);
  while (request.follow && Date.now() < until) {
    // Asked before reading: what it wrote last is read still.
    const goesOn = isRunning(container);
    yield* wanted(reader, isWanted);
    if (!goesOn) return;
    await sleep(pollMs, undefined, { signal: host.signal });
  }
}

function* wanted(reader: LogReader, isWanted: (entry: LogEntry) => boolean): Generator<LogEntry> {
  for (const entry of reader.entries()) if (isWanted(entry)) yield entry;
}

/** The last lines; parts of one line count as one. No more than these are held: logs may be larger than memory. */
export function* lastOf(entries: Iterable<LogEntry>, count: number | undefined): Iterable<LogEntry> {
  if (count === undefined) {
    yield* entries;
    return;
  }
  let lines: LogEntry[][] = [];
  let isWhole = true;
  for (const entry of entries) {
    if (isWhole) lines.push([entry]);
    else lines.at(-1)?.push(entry);
    isWhole = entry.log.endsWith("\n");
    if (lines.length > 2 * count + 1000) lines = lines.slice(-count - 1);
  }
  yield* (count === 0 ? [] : lines.slice(-count)).flat();
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3 };

/** Milliseconds since 1970. Error `USAGE`. */
function momentOf(text: string | undefined, option: string, now: number): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (/^(?:\d+(?:\.\d+)?(?:ms|[smh]))+$/.test(text)) {
    const parts = [...text.matchAll(/([\d.]+)(ms|[smh])/g)];
    return now - parts.reduce((sum, [, amount, unit = "s"]) => sum + Number(amount) * (units[unit] ?? 0), 0);
  }
  const time = Date.parse(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(time)) return time;
  throw new TsdockError("USAGE", `--${option} ${text} is no time`, {
    hint: "write 10m, 2026-01-31T12:00:00Z or seconds since 1970",
  });
}
