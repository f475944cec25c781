import { type ChildProcess, execFile } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";

/*
 * Standard output and error of a command are named pipes in its sandbox's directory: what `spawn` makes are sockets, and a
 * socket cannot be opened again by the names /dev/stdout and /dev/stderr, which many images have as their log files.
 */
const names = ["stdout", "stderr"] as const;

/** Makes them in the working directory. Whichever user a command has may open them again; the directory keeps others out. */
export const makePipes = "mkfifo -m 666 stdout stderr";

/** Opens them, once there is a reader: as standard output, and as the descriptor that will be standard error. */
export const openPipes = "exec >stdout 4>stderr";

/** Whether they are there already. */
export const havePipes = (directory: string): boolean =>
  names.every((name) => fs.existsSync(path.join(directory, name)));

export interface PipeReaders {
  /** For when no process has them open any more: settles when all that was written was taken. */
  readonly end: () => Promise<void>;
}

/** Reads pipes that were made in a directory. Whoever opens them to write waits for this. */
export function readPipes(directory: string, output: OutputSink): PipeReaders {
  const pipes = names.map((name) => {
    const file = path.join(directory, name);
    const descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const taken = pass(new net.Socket({ fd: descriptor, readable: true, writable: false }), name, output);
    // `end` gets it.
    taken.catch(() => undefined);
    return { file, taken };
  });
  return {
    end: async () => {
      for (const { file } of pipes) touch(file);
      await Promise.all(pipes.map(({ taken }) => taken));
    },
  };
}

/** Where the output of a command without a script of ours goes. */
export interface PipedOutput {
  /** `inherit`: the streams of this process, and nothing is made. */
  readonly output: "inherit" | OutputSink;
  /** Absolute, empty, and the caller's to remove. */
  readonly directory: string;
  /** The program. */
  readonly mkfifo: string;
}

export interface PipedChild {
  readonly child: ChildProcess;
  /** As `PipeReaders.end`. */
  readonly end: () => Promise<void>;
}

/** Starts a child with pipes for its output; `start` gets what `spawn` takes for them. What `start` throws leaves nothing open. */
export async function startPiped(
  { output, directory, mkfifo }: PipedOutput,
  start: (streams: readonly ["inherit" | number, "inherit" | number]) => ChildProcess,
): Promise<PipedChild> {
  if (output === "inherit") return { child: start(["inherit", "inherit"]), end: () => Promise.resolve() };
  await promisify(execFile)(mkfifo, ["-m", "666", ...names], { cwd: directory });
  const { end } = readPipes(directory, output);
  const open = (name: (typeof names)[number]): number => fs.openSync(path.join(directory, name), "r+");
  const streams = [open("stdout"), open("stderr")] as const;
  try {
    return { child: start(streams), end };
  } finally {
    // The child has its own, or there is none: then they end here.
    for (const descriptor of streams) fs.closeSync(descriptor);
  }
}

/** A pipe that nobody has ever written to has no end: it gets one when a writer closes it. */
function touch(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK));
  } catch (error) {
    // Its end was seen, and it is closed.
    if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
  }
}

/** Hands chunks on, one at a time where the sink takes its time. */
export async function pass(
  source: Readable | null,
  name: "stdout" | "stderr",
  sink: OutputSink,
): Promise<void> {
  if (source === null) return;
  for await (const chunk of source as AsyncIterable<Uint8Array>) await sink(name, chunk);
}
