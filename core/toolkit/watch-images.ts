import { isTsdockError, TsdockErrors } from "../errors/tsdock-error.ts";
import { formatPlatform, hostPlatform } from "../oci/spec/platform.ts";
import type { BuildOptions, BuildResult } from "./build-images.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";
import type { Output } from "./outputs.ts";
import type { ContainerStreams } from "./run-contract.ts";
import type { RunRequest } from "./run-request.ts";
import { Changes } from "./watch/changes.ts";
import { checkOptions, destinationsOf } from "./watch/check-options.ts";
import { rulesOf } from "./watch/context-rules.ts";
import type { FileWatcher } from "./watch/file-watcher.ts";
import { PollWatcher } from "./watch/poll-watcher.ts";
import { scopeOf } from "./watch/scope.ts";
import { type RoundOutcome, Worker } from "./watch/start-worker.ts";
import { TreeWatcher } from "./watch/tree-watcher.ts";
import { unknownYet, type Watched } from "./watch/watched.ts";
import { WatchedContainer } from "./watch/watched-container.ts";
import type { RoundRequest, SelfUrls } from "./watch/worker-protocol.ts";

export interface WatchOptions extends Omit<BuildOptions, "verify"> {
  /** Runs the one image that is selected, and its output goes there. */
  readonly run:
    | { readonly request: Omit<RunRequest, "image">; readonly write: ContainerStreams["write"] }
    | undefined;
  /** Milliseconds between looks at all files; undefined waits for notices of the kernel. */
  readonly pollMs: number | undefined;
  /** Called after each round that built. */
  readonly built: (result: BuildResult) => void;
  /** Called with what a round failed of, and with why a container did not begin. */
  readonly failed: (error: unknown) => Promise<void>;
}

/** So many rounds in a row give way to changes; the next one is finished. Something that never stops writing starves nobody. */
const patience = 3;
/** What a first round says of the command line, which no edit mends. */
const ofCommandLine: readonly string[] = ["USAGE", "NAME_UNKNOWN", "CONFIG_NOT_FOUND"];

/**
 * Builds, and builds again whenever something changes that the selected images depend on, until the host's signal.
 * Each round is evaluated and built by a process of its own, which is started ahead: this one never runs a module.
 * Throws what is wrong with the command line, and `WATCH_LIMIT`.
 */
export async function watchImages(options: WatchOptions, host: Host): Promise<void> {
  const outputs = checkOptions(options, host);
  const watch = new Watch(options, outputs, host);
  try {
    await watch.run();
  } finally {
    await watch[Symbol.asyncDispose]();
  }
}

class Watch implements AsyncDisposable {
  readonly #options: WatchOptions;
  readonly #outputs: readonly Output[];
  readonly #host: Host;
  readonly #self: SelfUrls;
  readonly #changes = new Changes();
  readonly #watcher: FileWatcher;
  readonly #container: WatchedContainer | undefined;
  readonly #stop = new AbortController();
  readonly #onInterrupt = (): void => this.#stop.abort();
  #failure: Error | undefined;
  #known: Watched;
  #next: Worker | undefined;

  constructor(options: WatchOptions, outputs: readonly Output[], host: Host) {
    const { run, pollMs, failed } = options;
    this.#options = options;
    this.#outputs = outputs;
    this.#host = host;
    this.#self = selfUrls(host);
    this.#known = unknownYet(options.config, host.cwd);
    const notices = { changed: (file: string) => this.#changes.add(file), failed: this.#break };
    this.#watcher = pollMs === undefined ? new TreeWatcher(notices) : new PollWatcher(notices, pollMs);
    this.#container = run && new WatchedContainer({ ...run, host, failed });
    host.signal.addEventListener("abort", this.#onInterrupt, { once: true });
    if (host.signal.aborted) this.#stop.abort();
  }

  async run(): Promise<void> {
    let files: readonly string[] = [];
    let aborted = 0;
    for (let round = 1; !this.#isOver(); round++) {
      const outcome = await this.#round(round, files, aborted < patience);
      if (this.#isOver()) break;
      aborted = outcome.type === "aborted" ? aborted + 1 : 0;
      if (outcome.type === "built") this.#built(outcome.result);
      if (outcome.type === "failed") await this.#failed(outcome.error, round);
      if (outcome.type !== "aborted") await this.#untilChanged();
      const earlier = outcome.type === "aborted" ? files : [];
      files = [...new Set([...earlier, ...this.#changes.take()])];
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #isOver(): boolean {
    return this.#stop.signal.aborted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#host.signal.removeEventListener("abort", this.#onInterrupt);
    this.#watcher[Symbol.dispose]();
    this.#changes.take();
    await Promise.all([this.#next?.kill(), this.#container?.[Symbol.asyncDispose]()]);
  }

  async #round(round: number, files: readonly string[], givesWay: boolean): Promise<RoundOutcome> {
    const { emit } = this.#host;
    const start = performance.now();
    const began = Date.now();
    const aborter = new AbortController();
    const abort = (): void => {
      this.#warm();
      aborter.abort();
    };
    this.#stop.signal.addEventListener("abort", abort, { once: true });
    const forget = givesWay ? this.#changes.whenReady(abort) : undefined;
    emit({ type: "watch.start", round, files: files.slice(0, 100), changes: files.length });
    const seen = { isEvaluated: false };
    const watched = (now: Watched): void => {
      seen.isEvaluated = true;
      this.#watch(now, { everything: false, since: began });
      this.#warm();
    };
    const { explain } = this.#options;
    try {
      const outcome = await this.#take().run(this.#request(), {
        emit,
        watched,
        explain,
        signal: aborter.signal,
      });
      if (outcome.type === "failed" && !seen.isEvaluated)
        this.#watch(this.#known, { everything: true, since: began });
      this.#warm();
      emit({ type: "watch.done", round, outcome: outcome.type, ms: performance.now() - start });
      return outcome;
    } finally {
      this.#stop.signal.removeEventListener("abort", abort);
      forget?.();
    }
  }

  #built(result: BuildResult): void {
    this.#options.built(result);
    const [image] = result.images;
    if (this.#container === undefined || image === undefined) return;
    const wanted = this.#options.run?.request.platform ?? formatPlatform(hostPlatform());
    const one = image.platforms.find(({ platform }) => platform === wanted) ?? image.platforms[0];
    if (one !== undefined) this.#container.show(image.name, one.imageId);
  }

  async #failed(error: Error, round: number): Promise<void> {
    const errors = error instanceof TsdockErrors ? error.errors : [error];
    if (round === 1 && errors.every((one) => isTsdockError(one) && ofCommandLine.includes(one.code)))
      throw error;
    await this.#options.failed(error);
  }

  #request(): RoundRequest {
    const { run, pollMs: _poll, built: _built, failed: _failed, explain, ...options } = this.#options;
    return {
      options: { ...options, verify: false },
      explain: explain !== undefined,
      single: run !== undefined,
      cwd: this.#host.cwd,
    };
  }

  #take(): Worker {
    const ready = this.#next?.isUsable === true ? this.#next : new Worker(this.#host, this.#self);
    this.#next = undefined;
    return ready;
  }

  /** Starts what the next round will need, so that it need not wait for it. */
  #warm(): void {
    if (this.#isOver() || this.#next?.isUsable === true) return;
    this.#next = new Worker(this.#host, this.#self);
  }

  #watch(
    known: Watched,
    { everything, since }: { readonly everything: boolean; readonly since: number },
  ): void {
    this.#known = known;
    try {
      const excluded = [storeDirectory(this.#host), ...destinationsOf(this.#outputs, known.directory)];
      this.#watcher.watch(scopeOf({ watched: known, everything, excluded, rulesOf }), since);
    } catch (error) {
      this.#break(error);
    }
  }

  readonly #break = (error: unknown): void => {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#stop.abort();
  };

  #untilChanged(): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stop;
      const done = (): void => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      signal.addEventListener("abort", done, { once: true });
      this.#changes.whenReady(done);
    });
  }
}

function selfUrls({ self }: Host): SelfUrls {
  const entries = Object.entries(self).map(([specifier, module]) => {
    if (typeof module === "string") return [specifier, module] as const;
    throw new Error(`${specifier} is a module of this process, and rounds are built in others`);
  });
  return Object.fromEntries(entries);
}
