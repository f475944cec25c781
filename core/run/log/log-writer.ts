import fs from "node:fs";
import { StringDecoder } from "node:string_decoder";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";

type Stream = "stdout" | "stderr";

/** Longer lines are cut into parts, as docker does it. */
const longestPart = 16 * 1024;

/**
 * Appends what a container writes to its log, one JSON object for each line: `{"log":"text\n","stream":"stdout","time":"…"}`.
 * A part of a line has no `\n`. Synchronous: what was taken is in the file even if this process is killed.
 */
export class LogWriter implements Disposable {
  readonly #descriptor: number;
  readonly #streams: Readonly<Record<Stream, Partial>> = { stdout: new Partial(), stderr: new Partial() };

  constructor(file: string) {
    this.#descriptor = fs.openSync(file, "a", 0o600);
  }

  readonly write: OutputSink = (stream, chunk) => {
    this.#append(stream, this.#streams[stream].take(chunk));
  };

  [Symbol.dispose](): void {
    for (const stream of ["stdout", "stderr"] as const) this.#append(stream, this.#streams[stream].end());
    fs.closeSync(this.#descriptor);
  }

  #append(stream: Stream, parts: readonly string[]): void {
    if (parts.length === 0) return;
    const time = now();
    fs.writeSync(this.#descriptor, parts.map((log) => `${JSON.stringify({ log, stream, time })}\n`).join(""));
  }
}

/** Parts that are no longer than they may be. */
const cut = (line: string): string[] =>
  Array.from({ length: Math.ceil(line.length / longestPart) }, (_, index) =>
    line.slice(index * longestPart, (index + 1) * longestPart),
  );

/** A line that is not at its end yet. */
class Partial {
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  take(chunk: Uint8Array): readonly string[] {
    const text =
      this.#rest + this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    const end = text.lastIndexOf("\n") + 1;
    const lines = end === 0 ? [] : (text.slice(0, end).match(/[^\n]*\n/g) ?? []);
    this.#rest = text.slice(end);
    const rest = cut(this.#rest);
    this.#rest = rest.pop() ?? "";
    return [...lines.flatMap(cut), ...rest];
  }

  end(): readonly string[] {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    return rest === "" ? [] : [rest];
  }
}

/** RFC 3339 with nanoseconds, as docker writes times; the clock that we have gives microseconds. */
function now(): string {
  const ms = performance.timeOrigin + performance.now();
  const micros = Math.floor((ms % 1) * 1000);
  return `${new Date(Math.floor(ms)).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}000Z`;
}
