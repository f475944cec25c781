import { stripVTControlCharacters } from "node:util";
import type { TsdockEvent, VertexInfo } from "../../events.ts";
import { paint } from "../paint.ts";
import type { Reporter, ReporterOptions } from "./reporter.ts";
import {
  bytes,
  changeLine,
  containerLine,
  formatWarning,
  layerLine,
  seconds,
  vertexTitle,
} from "./event-lines.ts";
import { nowMs } from "../../util/now-ms.ts";

interface Running {
  readonly vertex: VertexInfo;
  readonly since: number;
  lastLine: string;
}

const frameMs = 80;

/** For a person at a terminal: one line per running vertex below the counts, redrawn in place; what is finished scrolls away above. */
export function terminalReporter({ terminal, debug }: ReporterOptions): Reporter {
  const style = paint(terminal.color);
  const running = new Map<string, Running>();
  const transfers = new Map<string, Extract<TsdockEvent, { type: "transfer" }>>();
  const counts = { ran: 0, cached: 0, failed: 0 };
  let started = nowMs();
  let drawn = 0;
  /** Whether what others wrote last has not ended its line. */
  let isMidLine = false;
  let timer: NodeJS.Timeout | undefined;

  const erase = (): string => (drawn === 0 ? "" : `\u001b[${drawn}A\u001b[0J`);
  const clip = (text: string): string =>
    stripVTControlCharacters(text).slice(0, Math.max(10, terminal.columns() - 1));

  const lines = (): string[] => {
    const now = nowMs();
    const vertices = [...running.values()].map(({ vertex, since, lastLine }) =>
      clip(` => ${vertexTitle(vertex)} ${seconds(now - since)}${lastLine === "" ? "" : `  ${lastLine}`}`),
    );
    const moving = [...transfers.values()].map((one) =>
      clip(
        ` => ${one.kind} ${one.name} ${bytes(one.done)}${one.total === undefined ? "" : ` / ${bytes(one.total)}`}`,
      ),
    );
    if (vertices.length + moving.length === 0) return [];
    const failed = counts.failed === 0 ? "" : `, ${counts.failed} failed`;
    return [
      `[${seconds(now - started)}] ${counts.ran} ran, ${counts.cached} cached${failed}`,
      ...vertices.slice(0, 12),
      ...moving.slice(0, 8),
    ];
  };

  const draw = (above = ""): void => {
    const now = lines();
    if (now.length + drawn === 0 && above === "") {
      clearInterval(timer);
      timer = undefined;
      return;
    }
    const rest = isMidLine && (above !== "" || now.length > 0) ? "\n" : "";
    if (rest !== "") isMidLine = false;
    terminal.err(`${rest}${erase()}${above}${now.map((text) => `${text}\n`).join("")}`);
    drawn = now.length;
  };

  const wake = (): void => {
    timer ??= setInterval(draw, frameMs).unref();
  };

  const say = (text: string): void => draw(`${text}\n`);

  const emit = (event: TsdockEvent): void => {
    switch (event.type) {
      case "vertex.start":
        running.set(event.vertex.id, { vertex: event.vertex, since: nowMs(), lastLine: "" });
        return wake();
      case "vertex.log": {
        const state = running.get(event.id);
        const last = event.text.trimEnd().split("\n").at(-1)?.trim();
        if (state !== undefined && last !== undefined && last !== "") state.lastLine = last;
        return;
      }
      case "vertex.done": {
        running.delete(event.vertex.id);
        if (event.outcome !== "cancelled") counts[event.outcome] += 1;
        if (event.outcome === "ran")
          say(`${style.green("✓")} ${vertexTitle(event.vertex)} ${style.dim(seconds(event.ms))}`);
        if (event.outcome === "failed") say(`${style.red("✗")} ${vertexTitle(event.vertex)}`);
        return;
      }
      case "transfer":
        if (event.state === "running") transfers.set(event.id, event);
        else transfers.delete(event.id);
        return wake();
      case "layer":
        return say(layerLine(event));
      case "notice":
        return say(event.message);
      case "image.done":
        return say(
          `${event.cached ? style.dim("cached") : style.green("built ")} ${style.bold(event.image)} ${style.dim(`${event.platform} ${event.imageId.slice(7, 19)}`)}`,
        );
      case "tag":
        return say(
          `${event.action === "keep" ? style.dim("keep") : style.green(event.action)} ${event.reference} ${style.dim(event.digest.slice(0, 19))}`,
        );
      case "retry":
        return say(
          `${style.yellow("retry")} ${event.what}: ${event.reason}; again in ${seconds(event.delayMs)}`,
        );
      case "warning":
        return say(formatWarning(event, terminal.color));
      case "watch.start": {
        started = nowMs();
        running.clear();
        transfers.clear();
        Object.assign(counts, { ran: 0, cached: 0, failed: 0 });
        const change = changeLine(event);
        if (change !== undefined) say(style.dim(change));
        return;
      }
      case "watch.container":
        return say(containerLine(event));
      case "debug":
        if (debug) say(style.dim(`debug ${event.message}`));
        return;
      case "action.start":
      case "action.done":
        return;
      case "watch.done":
        // What an aborted round was at is no more.
        running.clear();
        transfers.clear();
        return draw();
    }
  };
  const makeRoom = (chunk: string | Uint8Array): void => {
    terminal.err(erase());
    drawn = 0;
    isMidLine = chunk.at(-1) !== (typeof chunk === "string" ? "\n" : 0x0a);
  };
  const close = (): void => {
    clearInterval(timer);
    terminal.err(erase());
    drawn = 0;
  };
  return { emit, makeRoom, close };
}
