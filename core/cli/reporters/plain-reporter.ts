import type { TsdockEvent } from "../../events.ts";
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

/** A workflow command (its data and properties escaped as GitHub's toolkit does). */
function githubWarning({ message, place }: Extract<TsdockEvent, { type: "warning" }>): string {
  const data = (text: string): string =>
    text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
  const where =
    place === undefined ? "" : `file=${property(place.file)},line=${place.line},col=${place.column}`;
  return `::warning ${where}::${data(message)}`;
}

/** Lines that never move: for pipes, logs and CI. Output of steps is prefixed with the step's number, as in BuildKit's plain progress. */
export function plainReporter({ terminal, debug, env }: ReporterOptions): Reporter {
  const style = paint(terminal.color);
  const numbers = new Map<string, number>();
  const partial = new Map<string, string>();
  const transferred = new Set<string>();
  const github = env["GITHUB_ACTIONS"] === "true";
  const number = (id: string): number => {
    const known = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, known);
    return known;
  };
  const line = (text: string) => terminal.err(`${text}\n`);

  const log = (id: string, text: string): void => {
    const lines = `${partial.get(id) ?? ""}${text}`.split("\n");
    partial.set(id, lines.pop() ?? "");
    for (const one of lines) line(`#${number(id)} ${github ? one.replaceAll("##[", "##\\[") : one}`);
  };

  const emit = (event: TsdockEvent): void => {
    switch (event.type) {
      case "vertex.start":
        return line(`#${number(event.vertex.id)} ${vertexTitle(event.vertex)}`);
      case "vertex.log":
        return log(event.id, event.text);
      case "vertex.done": {
        if (event.outcome === "cached" || event.outcome === "cancelled") return;
        // What could not even begin has no line yet that says its name.
        if (!numbers.has(event.vertex.id) && event.outcome === "failed")
          line(`#${number(event.vertex.id)} ${vertexTitle(event.vertex)}`);
        const rest = partial.get(event.vertex.id);
        if (rest !== undefined && rest !== "") log(event.vertex.id, "\n");
        const word = event.outcome === "ran" ? style.green("DONE") : style.red("FAILED");
        return line(`#${number(event.vertex.id)} ${word} ${seconds(event.ms)}`);
      }
      case "image.done":
        return line(
          `${event.cached ? style.dim("cached") : style.green("built")} ${event.image} ${event.platform} ${event.imageId.slice(0, 19)}`,
        );
      case "transfer":
        if (event.state === "running" || event.told === true) return;
        // Images share layers: what became of one at a destination is said once.
        if (transferred.has(`${event.kind} ${event.name}`)) return;
        transferred.add(`${event.kind} ${event.name}`);
        return line(
          `${event.kind} ${event.name} ${event.state === "done" ? bytes(event.done) : event.state}`,
        );
      case "layer":
        return line(layerLine(event));
      case "notice":
        return line(event.message);
      case "tag":
        return line(
          `${event.action === "keep" ? style.dim("keep") : style.green(event.action)} ${event.reference} ${event.digest.slice(0, 19)}`,
        );
      case "retry":
        return line(
          `${style.yellow("retry")} ${event.what}: ${event.reason}; again in ${seconds(event.delayMs)}`,
        );
      case "warning": {
        line(formatWarning(event, terminal.color));
        if (github) line(githubWarning(event));
        return;
      }
      case "watch.start": {
        for (const known of [numbers, partial, transferred]) known.clear();
        const change = changeLine(event);
        if (change !== undefined) line(change);
        return;
      }
      case "watch.container":
        return line(containerLine(event));
      case "debug":
        if (debug) line(style.dim(`debug ${event.message}`));
        return;
      case "action.start":
      case "action.done":
      case "watch.done":
        return;
    }
  };
  return { emit, close: () => undefined };
}
