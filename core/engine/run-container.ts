import { spawn } from "node:child_process";
import os from "node:os";
import { type Engine, notInstalled } from "./engine.ts";

export interface EngineRun {
  readonly engine: Engine;
  /** Of the engine: `run`, its options, the image and what follows. */
  readonly args: readonly string[];
  /** Whether the terminal sends signals to the engine's command line as well as to us. */
  readonly terminal: boolean;
  /** Signals go to it until it is disposed. */
  readonly takeSignals: (send: (signal: NodeJS.Signals) => void) => Disposable;
}

/** What a terminal sends to everybody at it. */
const ofTerminals: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGQUIT", "SIGWINCH", "SIGTSTP"]);

/** Runs an engine's command with the streams of this process; gives its exit code, which is the container's. */
export async function runInEngine({ engine, args, terminal, takeSignals }: EngineRun): Promise<number> {
  const { name, env, cwd } = engine;
  const child = spawn(name, args, { env: { ...env }, cwd, stdio: "inherit" });
  using _taken = takeSignals((signal) => {
    if (!terminal || !ofTerminals.has(signal)) child.kill(signal);
  });
  return await new Promise((resolve, reject) => {
    child.once("error", (error) => reject(notInstalled(name, error)));
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : os.constants.signals[signal])),
    );
  });
}
