import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostTools } from "../../build/native/host-tools.ts";
import type { Starter } from "../../build/native/run-step.ts";
import type { OpenSandbox } from "../../build/native/start-sandbox.ts";
import { isTsdockError } from "../../errors/tsdock-error.ts";
import { nowMs } from "../../util/now-ms.ts";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";
import { useFile } from "../../oci/store/last-use.ts";
import { takeLease } from "../../oci/store/leases.ts";
import { processOwner } from "../../oci/store/process-owner.ts";
import { joiningFailure } from "../network/joining-script.ts";
import { LogWriter } from "../log/log-writer.ts";
import { makeCgroups, removeCgroups, wasOutOfMemory } from "../sandbox/cgroup.ts";
import { containerCapabilities } from "../sandbox/container-capabilities.ts";
import { initProgram } from "../sandbox/init-program.ts";
import { earlyWork } from "../sandbox/container-script.ts";
import { inputOf, isPrivate } from "../sandbox/open-early.ts";
import { clearRoot, planContainer } from "../sandbox/plan-container.ts";
import { rememberTree } from "../sandbox/remembered-tree.ts";
import { removeContainer } from "../remove-container.ts";
import { startTimeOf } from "../sandbox/processes.ts";
import type { ContainerDirectory } from "../state/container-directory.ts";
import { initialState } from "../state/container-directory.ts";
import type { ContainerRecord, ContainerState } from "../state/container-record.ts";
import { liveOnce, type StartedLife } from "./live-once.ts";
import { type Place, takePlace } from "./take-place.ts";
import { restartDelay } from "./restart-policy.ts";

export interface SuperviseOptions {
  /** The store's directory. */
  readonly home: string;
  readonly container: ContainerDirectory;
  readonly record: ContainerRecord;
  readonly starter: Starter;
  readonly tools: HostTools;
  readonly rootless: boolean;
  /** Whether the container has this process's standard input. */
  readonly attached: boolean;
  /** For its first life, where it is one of those that it may have: see `openEarly`. */
  readonly opened?: OpenSandbox | undefined;
  /** Whoever watches, besides the log. */
  readonly output?: OutputSink;
  /** Called when its command runs, each time. */
  readonly onStart?: (started: StartedLife) => void;
  /** Kills it for good. */
  readonly signal: AbortSignal;
}

/**
 * Runs a container until it has ended for good: writes its state and its log, starts it again as its policy says, removes
 * it where that was asked for. Gives its last exit code. Errors of `liveOnce` where it never began; its state tells too.
 */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const { container, record, home } = options;
  fs.rmSync(container.file("stop"), { force: true });
  await using _lease = takeLease(path.join(home, "leases"));
  useLayers(record.lower);
  try {
    const exitCode = await new Supervisor(options).run();
    return exitCode;
  } finally {
    if (record.autoRemove) await removeContainer(home, container, { volumes: true });
  }
}

/** Prune leaves alone what is used while there is a lease. */
function useLayers(lower: readonly string[]): void {
  // What other containers changed is no layer of the store.
  for (const directory of lower) useFile(`${directory}.json`);
}

class Supervisor {
  readonly #options: SuperviseOptions;
  #state: ContainerState;
  #place: Place | undefined;
  #health: AbortController | undefined;
  #opened: OpenSandbox | undefined;
  readonly #isOwn: boolean;

  constructor(options: SuperviseOptions) {
    this.#options = options;
    this.#opened = options.opened;
    const written = options.container.state();
    const { supervisor: _former, ...rest } = written;
    this.#state = { ...rest, restartCount: 0, stopped: false };
    // Who created it just now has said so.
    this.#isOwn = written.supervisor === processOwner() && written.restartCount === 0 && !written.stopped;
  }

  async run(): Promise<number> {
    if (this.#isOwn) this.#state = { ...this.#state, supervisor: processOwner() };
    else this.#set({ supervisor: processOwner() });
    for (;;) {
      const began = nowMs();
      const exitCode = await this.#live();
      const delay = this.#isStopped() ? undefined : this.#nextStart(exitCode, nowMs() - began);
      if (delay === undefined) {
        this.#finish();
        return exitCode;
      }
      this.#set({ status: "restarting", restartCount: this.#state.restartCount + 1 });
      await this.#pause(delay);
      if (this.#isStopped()) {
        this.#finish();
        return exitCode;
      }
    }
  }

  /** For good: one that removes itself is on its way out at once. */
  #finish(): void {
    const status = this.#options.record.autoRemove ? "removing" : "exited";
    this.#set({ ...withoutProcesses(this.#state), status });
  }

  async #live(): Promise<number> {
    const { home, container, record, starter, tools, rootless, attached, signal, output } = this.#options;
    using log = new LogWriter(container.file("container.log"));
    const write: OutputSink = (stream, chunk) => {
      void log.write(stream, chunk);
      return output?.(stream, chunk);
    };
    let place: Place | undefined;
    try {
      await fillVolumes(record, signal);
      const root = container.file("root");
      await clearRoot(root);
      const cgroups = await makeCgroups(record.id, record.limits);
      const opened = this.#takeOpened();
      opened?.prepare(earlyWork(root, cgroups));
      place = await takePlace(home, container, record, signal);
      this.#place = place;
      const joined = joinedEarly(place, opened);
      const init = record.init ? initProgram(tools) : undefined;
      const remembered = rememberTree(home, record, rootless);
      const plan = planContainer(record, {
        directory: root,
        capabilities: containerCapabilities({ add: record.capAdd, drop: record.capDrop }),
        rootless,
        files: [...place.files, ...(init === undefined ? [] : [init.mount])],
        init: init?.argv ?? [],
        memory: remembered?.memory,
      });
      remembered?.save();
      const exitCode = await liveOnce({
        plan,
        starter,
        tools,
        rootless,
        readonlyRoot: record.readonlyRoot,
        stdin: inputOf(record, attached),
        output: write,
        cgroups,
        opened,
        place: joined,
        networkFailure: () => joiningFailure(container.file("network.log")),
        onStart: (started) => this.#started(started),
        signal,
      });
      this.#ended(exitCode);
      return exitCode;
    } catch (error) {
      this.#failed(error);
      throw error;
    } finally {
      this.#health?.abort();
      await Promise.all([removeCgroups(record.id), place?.release()]);
    }
  }

  /** Of a kernel's own tools, or on no network of its own, it would have other namespaces. */
  #takeOpened(): OpenSandbox | undefined {
    const opened = this.#opened;
    this.#opened = undefined;
    const { record, starter } = this.#options;
    if (starter.name !== "kernel" && isPrivate(record.network)) return opened;
    opened?.dismiss();
    return undefined;
  }

  #started(started: StartedLife): void {
    const { pid, sandboxPid } = started;
    this.#set({
      status: "running",
      supervisor: processOwner(),
      pid,
      pidStart: startTimeOf(pid) ?? "",
      sandboxPid,
      runtime: this.#options.starter,
      startedAt: new Date().toISOString(),
      exitCode: 0,
      oomKilled: false,
      ...(this.#place?.state === undefined ? {} : { network: this.#place.state }),
    });
    this.#watchHealth();
    this.#options.onStart?.(started);
  }

  #watchHealth(): void {
    const { container, record, tools } = this.#options;
    const { healthcheck } = record;
    if (healthcheck === undefined) return;
    const ended = new AbortController();
    this.#health = ended;
    const watching = Promise.all([import("./watch-health.ts"), import("../exec-in-container.ts")]).then(
      ([{ watchHealth }, { execInContainer }]) =>
        watchHealth({
          check: healthcheck,
          shell: record.config.Shell ?? ["/bin/sh", "-c"],
          run: (argv, take, signal) => {
            const output: OutputSink = (_stream, chunk) => take(chunk);
            const own = {
              env: [],
              user: undefined,
              workdir: undefined,
              terminal: false,
              stdin: "ignore",
            } as const;
            return execInContainer({ container, record, tools, argv, ...own, output, signal });
          },
          report: (health) => this.#set({ health }),
          ended: ended.signal,
        }),
    );
    // A check that cannot be made has said so in the health's log.
    watching.catch(() => undefined);
  }

  /** Written with what becomes of it then. */
  #ended(exitCode: number): void {
    const finishedAt = new Date().toISOString();
    this.#state = {
      ...withoutProcesses(this.#state),
      startedAt: this.#state.startedAt ?? finishedAt,
      finishedAt,
      exitCode,
      oomKilled: wasOutOfMemory(this.#options.record.id),
    };
  }

  #failed(error: unknown): void {
    const exitCode = isTsdockError(error) && error.exitCode > 125 ? error.exitCode : 125;
    const message = error instanceof Error ? error.message : String(error);
    this.#set({
      ...withoutProcesses(this.#state),
      status: this.#state.startedAt === undefined ? "created" : "exited",
      exitCode,
      error: message,
    });
  }

  #nextStart(exitCode: number, livedMs: number): number | undefined {
    return restartDelay(this.#options.record.restart, {
      exitCode,
      livedMs,
      restartCount: this.#state.restartCount,
    });
  }

  #isStopped(): boolean {
    return this.#options.signal.aborted || fs.existsSync(this.#options.container.file("stop"));
  }

  /** Ends early where the container was stopped meanwhile. */
  async #pause(ms: number): Promise<void> {
    const end = nowMs() + ms;
    while (nowMs() < end && !this.#isStopped()) await sleep(Math.min(100, end - nowMs()));
  }

  #set(change: Partial<ContainerState>): void {
    this.#state = { ...initialState, ...this.#state, ...change };
    this.#options.container.writeState(this.#state);
  }
}

/** Empty volumes get what the image has at their place. */
async function fillVolumes({ mounts, lower }: ContainerRecord, signal: AbortSignal): Promise<void> {
  for (const mount of mounts) {
    if (mount.type !== "volume") continue;
    const { fillVolume } = await import("../volumes/fill-volume.ts");
    await fillVolume({ volume: { mountpoint: mount.source }, lower, target: mount.target }, signal);
  }
}

/** A container joins its network as soon as there are namespaces for it, while it is being planned. */
function joinedEarly(place: Place, opened: OpenSandbox | undefined): Place {
  if (opened?.pid === undefined) return place;
  const { pid, ready } = opened;
  const { shell, open } = place;
  if (shell !== undefined) opened.prepare(shell);
  const joined = shell === undefined ? ready.then(() => place.join(pid)) : open();
  // Whoever starts the container gets it.
  joined.catch(() => undefined);
  if (shell === undefined) return { ...place, join: () => joined };
  const inside = { program: "", lines: [] };
  return { ...place, join: () => Promise.resolve(), inside, opening: joined };
}

function withoutProcesses(state: ContainerState): ContainerState {
  const {
    pid: _pid,
    pidStart: _start,
    sandboxPid: _sandbox,
    network: _network,
    health: _health,
    ...rest
  } = state;
  return rest;
}
