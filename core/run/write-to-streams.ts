import type { Writable } from "node:stream";
import type { OutputSink } from "../oci/runtime/sandbox.ts";

/** Writes to this process's own streams; a slow reader holds the container back. */
export const writeToStreams: OutputSink = (stream, chunk) => written(process[stream], chunk);

function written(target: Writable, chunk: Uint8Array): void | Promise<void> {
  if (target.write(chunk)) return;
  return new Promise((resolve) => target.once("drain", resolve));
}
