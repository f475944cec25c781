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

/** Reads a log that somebody may be writing to: each call gives the entries that were added since the one before. */
export class LogReader implements Disposable {
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(64 * 1024);
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  constructor(file: string) {
    this.#descriptor = fs.openSync(file, "r");
  }

  *entries(): Generator<LogEntry> {
    for (;;) {
      const size = fs.readSync(this.#descriptor, this.#buffer);
      if (size === 0) return;
      const lines = (this.#rest + this.#decoder.write(this.#buffer.subarray(0, size))).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line) as LogEntry;
    }
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#descriptor);
  }
}
