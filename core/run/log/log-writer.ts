import fs from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { diskFull } from "../../errors/disk-full.ts";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";

type Stream = "stdout" | "stderr";

const noSpace = "tsdock: lines are missing from here on: no space was left for the log\n";

/** Longer lines are cut into parts, as docker does it. */
const longestPart = 16 * 1024;

/**
 * Appends what a container writes to its log, one JSON object for each line: `{"log":"text\n","stream":"stdout","time":"…"}`.
 * A part of a line has no `\n`. Synchronous: what was taken is in the file even if this process is killed.
 *
 * A container lives on where no space is left for its log: what it writes then is missing there, and a line says so.
 */
export class LogWriter implements Disposable {
  readonly #descriptor: number;
  #isFull = false;
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
    const text = parts.map((log) => `${JSON.stringify({ log, stream, time })}\n`).join("");
    if (this.#writeWhole(text)) {
      this.#isFull = false;
      return;
    }
    if (this.#isFull) return;
    this.#isFull = true;
    const note = `${JSON.stringify({ log: noSpace, stream: "stderr", time })}\n`;
    if (this.#writeWhole(note)) return;
    // In the place of the last lines: one that is cut short is passed over by who reads it.
    this.#shorten(2 * note.length);
    this.#writeWhole(`\n${note}`);
  }

  /** All of it or nothing; false where no space is left. */
  #writeWhole(text: string): boolean {
    const bytes = Buffer.from(text);
    let done = 0;
    try {
      while (done < bytes.length) done += fs.writeSync(this.#descriptor, bytes, done);
      return true;
    } catch (error) {
      if (diskFull(error, "") === undefined) throw error;
      this.#shorten(done);
      return false;
    }
  }

  /** Others may have emptied the file. */
  #shorten(bytes: number): void {
    const { size } = fs.fstatSync(this.#descriptor);
    fs.ftruncateSync(this.#descriptor, Math.max(size - bytes, 0));
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
