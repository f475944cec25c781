import fs from "node:fs";
import { StringDecoder } from "node:string_decoder";

/** A line of a container's log, or a part of one. */
export interface LogEntry {
  /** With its `\n`, unless it is a part. */
  readonly log: string;
  readonly stream: "stdout" | "stderr";
  /** RFC 3339. */
  readonly time: string;
}

/**
 * Reads a log that somebody may be writing to: each call gives the entries that were added since the one before. A line that
 * was cut short, when the machine or a supervisor died, is passed over; a file that became shorter is read from its beginning.
 */
export class LogReader implements Disposable {
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(64 * 1024);
  #decoder = new StringDecoder("utf8");
  #position = 0;
  #rest = "";

  constructor(file: string) {
    this.#descriptor = fs.openSync(file, "r");
  }

  *entries(): Generator<LogEntry> {
    if (fs.fstatSync(this.#descriptor).size < this.#position) this.#rewind();
    for (;;) {
      const size = fs.readSync(this.#descriptor, this.#buffer, { position: this.#position });
      if (size === 0) return;
      this.#position += size;
      const lines = (this.#rest + this.#decoder.write(this.#buffer.subarray(0, size))).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) yield* entryOf(line);
    }
  }

  #rewind(): void {
    this.#position = 0;
    this.#rest = "";
    this.#decoder = new StringDecoder("utf8");
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#descriptor);
  }
}

/** What was written after a line that was cut short stands in the same line. */
function entryOf(line: string): readonly LogEntry[] {
  for (const text of [line, line.slice(Math.max(line.lastIndexOf('{"log":'), 0))]) {
    try {
      return [JSON.parse(text) as LogEntry];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return [];
}
