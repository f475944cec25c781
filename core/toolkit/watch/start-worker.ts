import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { receivedError } from "../../build/native/child-protocol.ts";
import { HostTools } from "../../build/native/host-tools.ts";
import { isTsdockError, TsdockError, TsdockErrors } from "../../errors/tsdock-error.ts";
import type { EventSink } from "../../events.ts";
import { sourceLoader } from "../../oci/layer/layer-pool.ts";
import { nodeFlags } from "../../util/node-flags.ts";
import type { BuildOptions, BuildResult } from "../build-images.ts";
import type { Host } from "../host.ts";
import type { Watched } from "./watched.ts";
import type { FromWorker, RoundRequest, SelfUrls, ToWorker } from "./worker-protocol.ts";

/** How a round ended. `aborted`: it was told to end. */
export type RoundOutcome =
  | { readonly type: "built"; readonly result: BuildResult }
  | { readonly type: "failed"; readonly error: Error }
  | { readonly type: "aborted" };

export interface RoundSinks {
  readonly emit: EventSink;
  /** The worker reads nothing more before it returns. */
  readonly watched: (watched: Watched) => void;
  readonly explain: BuildOptions["explain"];
  /** Ends the round: at once while declarations are evaluated, else when what runs is cleaned up. */
  readonly signal: AbortSignal;
}

export interface WorkerLimits {
  /** How long declarations may take; code that never ends cannot say so. */
  readonly evaluateMs: number;
  /** How long an aborted build may take to clean up before it is killed, and the kernel does. */
  readonly abortMs: number;
}

const defaultLimits: WorkerLimits = { evaluateMs: 90_000, abortMs: 5_000 };

/** A process for one round. What it holds, and what its modules did to it, ends with it. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #limits: WorkerLimits;
  readonly #ready: Promise<void>;
  /** Settles when the process is gone; gives how it ended. */
  readonly #exit: Promise<string>;
  #isGone = false;

  constructor({ env, cwd }: Pick<Host, "env" | "cwd">, self: SelfUrls, limits: WorkerLimits = defaultLimits) {
    const { program, args } = command(env["PATH"], [JSON.stringify(self)]);
    this.#limits = limits;
    this.#child = spawn(program, args, {
      cwd,
      env: { ...env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
      // A session of its own: Ctrl-C at a terminal reaches the watcher alone, which decides.
      detached: true,
    });
    this.#exit = endOf(this.#child).then((how) => {
      this.#isGone = true;
      return how;
    });
    this.#ready = new Promise((resolve) => this.#child.once("message", () => resolve()));
  }

  /** Whether it can still be given a round. */
  get isUsable(): boolean {
    return !this.#isGone;
  }

  /** Settles when it is gone. */
  async kill(): Promise<void> {
    if (!this.#isGone) this.#child.kill("SIGKILL");
    await this.#exit;
  }

  /** Does its one round. Nothing of it is there any more afterwards. */
  async run(request: RoundRequest, sinks: RoundSinks): Promise<RoundOutcome> {
    const { signal } = sinks;
    let told: RoundOutcome | undefined;
    let late: string | undefined;
    let isEvaluated = false;
    const timers = new Set<NodeJS.Timeout>();
    const killAfter = (ms: number, why?: string): void => {
      const kill = (): void => {
        late = why;
        this.#child.kill("SIGKILL");
      };
      timers.add(setTimeout(kill, ms));
    };
    const clear = (): void => {
      for (const timer of timers) clearTimeout(timer);
    };
    const abort = (): void => {
      if (!isEvaluated) void this.kill();
      this.#send({ type: "abort" });
      killAfter(this.#limits.abortMs);
    };
    this.#child.on("message", (message: FromWorker | null) => {
      switch (message?.type) {
        case "event":
          if (!signal.aborted) sinks.emit(message.event);
          return;
        case "watched":
          isEvaluated = true;
          clear();
          if (signal.aborted) return;
          sinks.watched(message.watched);
          return this.#send({ type: "watching" });
        case "explained":
          return sinks.explain?.(message.vertices);
        case "done":
          told ??= { type: "built", result: message.result };
          return killAfter(this.#limits.abortMs);
        case "failed":
          told ??= { type: "failed", error: together(message.errors.map(receivedError)) };
          return killAfter(this.#limits.abortMs);
        case "ready":
        // Modules have the channel too, and may send what they like.
        case undefined:
          return;
      }
    });
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#ready, this.#exit]);
      killAfter(this.#limits.evaluateMs, `within ${this.#limits.evaluateMs / 1000} s`);
      if (!signal.aborted) this.#send({ type: "go", request });
      const how = await this.#exit;
      if (told?.type === "built") return told;
      if (signal.aborted) return { type: "aborted" };
      return told ?? { type: "failed", error: late === undefined ? lost(how) : hanging(late) };
    } finally {
      signal.removeEventListener("abort", abort);
      clear();
    }
  }

  #send(message: ToWorker): void {
    // One that has ended takes nothing: how it ended is what counts.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

/** What it sent last is read before. */
async function endOf(child: ChildProcess): Promise<string> {
  const drained = new Promise<void>((resolve) => child.once("disconnect", resolve));
  const { how, began } = await new Promise<{ how: string; began: boolean }>((resolve) => {
    child.once("error", (error) => resolve({ how: error.message, began: child.pid !== undefined }));
    child.once("exit", (code, signal) => resolve({ how: signal ?? `exit code ${code ?? 0}`, began: true }));
  });
  if (began) await drained;
  return how;
}

/** It dies with this process, however that dies, where the system can do it. */
function command(
  searchPath: string | undefined,
  own: readonly string[],
): { readonly program: string; readonly args: readonly string[] } {
  const setpriv = new HostTools(searchPath).find("setpriv");
  const bundled = fileURLToPath(new URL("./watch-worker.js", import.meta.url));
  const source = fileURLToPath(new URL("./watch-worker.ts", import.meta.url));
  const script = fs.existsSync(bundled) ? [bundled] : ["--import", sourceLoader(), source];
  const args = [...nodeFlags, ...script, ...own];
  return setpriv === undefined
    ? { program: process.execPath, args }
    : { program: setpriv, args: ["--pdeathsig", "KILL", process.execPath, ...args] };
}

function together(errors: readonly Error[]): Error {
  const expected = errors.filter(isTsdockError);
  const [first = new Error("it failed")] = errors;
  return errors.length > 1 && expected.length === errors.length ? new TsdockErrors(expected) : first;
}

const lost = (how: string): TsdockError =>
  new TsdockError("WATCH_WORKER_ENDED", `the process that builds ended early: ${how}`, {
    hint: "if no module ended it, the machine may have run out of memory: see its log",
  });

const hanging = (late: string): TsdockError =>
  new TsdockError("MODULE_TIMEOUT", `the modules were not evaluated ${late}`, {
    hint: "code of a module never ends: look for a loop in what was changed last",
  });
