import path from "node:path";
import process from "node:process";
import type { TsdockEvent } from "../events.ts";
import type { Host } from "../toolkit/host.ts";
import { installedEntryPoints } from "../toolkit/installation.ts";

export interface HostOptions {
  /** Where the workspace is looked for, upwards; the working directory of the process unless given. */
  readonly cwd?: string;
  /** Instead of the environment of the process: `TSDOCK_HOME`, proxies, secrets. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Gets everything that is told while it works: progress, warnings. */
  readonly onEvent?: (event: TsdockEvent) => void;
  /** Stops the work. */
  readonly signal?: AbortSignal;
}

/** What the command line is for a person, this is for a test: the one place that reads the process around it. */
export async function testHost({ cwd, env, onEvent, signal }: HostOptions): Promise<Host> {
  // Modules of the workspace get the very modules that the test has, also where its runner loads them in a way of its own.
  const [tsdock, plugin] = await Promise.all([import("../index.ts"), import("../plugin/index.ts")]);
  return {
    cwd: path.resolve(cwd ?? process.cwd()),
    env: env ?? process.env,
    emit: onEvent ?? (() => undefined),
    signal: signal ?? new AbortController().signal,
    self: { ...installedEntryPoints(), tsdock, "tsdock/plugin": plugin },
  };
}
