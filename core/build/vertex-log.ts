import { StringDecoder } from "node:string_decoder";
import type { EventSink } from "../events.ts";
import type { VertexLog } from "./operation-handler.ts";

const limit = 16 << 20;

/** Passes output on as events and keeps it for the error of a failed step: all of it up to 16 MiB, then its beginning and its end. */
export function createVertexLog(id: string, emit: EventSink): VertexLog {
  const decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  const head: string[] = [];
  const tail: string[] = [];
  let headSize = 0;
  let tailSize = 0;
  let dropped = 0;

  const keep = (text: string): void => {
    if (headSize < limit / 2) {
      head.push(text);
      headSize += text.length;
      return;
    }
    tail.push(text);
    tailSize += text.length;
    while (tailSize > limit / 2) {
      const first = tail.shift() ?? "";
      tailSize -= first.length;
      dropped += first.length;
    }
  };

  return {
    write(stream, chunk) {
      const text = decoders[stream].write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      if (text === "") return;
      keep(text);
      emit({ type: "vertex.log", id, stream, text });
    },
    text() {
      const gap = dropped === 0 ? [] : [`\n[… ${dropped} characters left out …]\n`];
      return [...head, ...gap, ...tail].join("");
    },
  };
}
