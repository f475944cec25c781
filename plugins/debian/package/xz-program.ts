import { execFile } from "node:child_process";
import fs from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where systems have it. What a PATH would find is nobody's choice here: it is given files of others to read. */
const places = ["/usr/bin/xz", "/bin/xz", "/usr/local/bin/xz"];

/** The xz of this machine; undefined where it has none. */
export const xzProgram = (): string | undefined => places.find((place) => fs.existsSync(place));

/** Unpacks xz in a process of its own, with some two thirds of the work of the decoder that we bring along. Throws what xz says. */
export async function unxzWith(program: string, bytes: Uint8Array, signal: AbortSignal): Promise<Buffer> {
  const running = run(program, ["--decompress", "--stdout", "--format=xz"], {
    cwd: "/",
    env: {},
    signal,
    encoding: "buffer",
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  // It reads no further in what is broken: its exit code says so.
  running.child.stdin?.on("error", () => undefined).end(bytes);
  return (await running).stdout;
}
