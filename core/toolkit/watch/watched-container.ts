import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isTsdockError } from "../../errors/tsdock-error.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import { stopOne } from "../container-operations.ts";
import type { Host } from "../host.ts";
import type { ContainerStreams } from "../run-contract.ts";
import { runImage } from "../run-image.ts";
import type { RunRequest } from "../run-request.ts";

export interface WatchedContainerOptions {
  /** The image's name is added, and a name where there is none. */
  readonly request: Omit<RunRequest, "image">;
  readonly write: ContainerStreams["write"];
  readonly host: Host;
  /** Why a container did not begin. */
  readonly failed: (error: unknown) => Promise<void>;
}

/** One container, from when it is asked for until it is gone. */
interface Life {
  readonly imageId: Digest;
  /** Settles when its command runs, or never will. */
  readonly begun: Promise<void>;
  /** Settles when it is gone. */
  readonly gone: Promise<void>;
  readonly stop: () => Promise<void>;
  isOver: boolean;
}

/** How long one that cannot be asked by name may take to end. */
const unnamedStopMs = 10_000;
/** How long one that has ended may take to be told of. */
const namelessMs = 500;

/** The container of `tsdock watch --run`: always of the image that was asked for last. It keeps its name. */
export class WatchedContainer implements AsyncDisposable {
  readonly #options: WatchedContainerOptions;
  readonly #suffix = randomBytes(2).toString("hex");
  #life: Life | undefined;
  #wanted: { readonly image: string; readonly imageId: Digest } | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: WatchedContainerOptions) {
    this.#options = options;
  }

  /** Runs this image in the place of the one that runs; one that runs it already is left alone. Does not wait. */
  show(image: string, imageId: Digest): void {
    this.#wanted = { image, imageId };
    this.#work = this.#work.then(() => this.#replace()).catch(this.#options.failed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wanted = undefined;
    const stopping = this.#stop();
    await this.#work;
    await stopping;
    await this.#stop();
  }

  async #replace(): Promise<void> {
    const { imageId } = this.#wanted ?? {};
    if (this.#life !== undefined && !this.#life.isOver && this.#life.imageId === imageId) return;
    await this.#stop();
    // Another one may have been asked for, or none.
    if (this.#wanted === undefined) return;
    this.#life = this.#start(this.#wanted.image, this.#wanted.imageId);
    await this.#life.begun;
  }

  async #stop(): Promise<void> {
    await this.#life?.stop();
    this.#life = undefined;
  }

  #start(image: string, imageId: Digest): Life {
    const { request, write, host, failed } = this.#options;
    const name = request.name ?? `${image.split("/").at(-1) ?? "watch"}-${this.#suffix}`;
    const killer = new AbortController();
    const own: Host = { ...host, signal: killer.signal };
    const tell = (state: "started" | "stopped" | "exited", exitCode?: number): void =>
      host.emit({
        type: "watch.container",
        name,
        image,
        imageId,
        state,
        ...(exitCode === undefined ? {} : { exitCode }),
      });
    let send: ((signal: NodeJS.Signals) => void) | undefined;
    let isStopped = false;
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const takeSignals: ContainerStreams["takeSignals"] = (sender) => {
      send = sender;
      tell("started");
      begin();
      return { [Symbol.dispose]: () => undefined };
    };
    const live = async (): Promise<void> => {
      try {
        const streams: ContainerStreams = { inputIsTerminal: false, write, takeSignals };
        const outcome = await runImage({ ...request, image, name }, streams, own);
        // One that was quick has ended before anybody saw it run.
        if (send === undefined) tell("started");
        if (outcome.kind === "exited") tell(isStopped ? "stopped" : "exited", outcome.exitCode);
      } catch (error) {
        if (!isStopped) await failed(error);
      } finally {
        life.isOver = true;
        begin();
      }
    };
    const end = async (): Promise<void> => {
      if (life.isOver) return;
      isStopped = true;
      if (send === undefined) killer.abort();
      else await stopNamed(name, send, killer, life, host);
      await life.gone;
    };
    let ending: Promise<void> | undefined;
    const stop = (): Promise<void> => (ending ??= end());
    const life: Life = { imageId, begun, gone: Promise.resolve().then(live), stop, isOver: false };
    return life;
  }
}

/** As `tsdock stop` does it; where containers have no names here, by the signal alone. */
async function stopNamed(
  name: string,
  send: (signal: NodeJS.Signals) => void,
  killer: AbortController,
  life: Life,
  host: Host,
): Promise<void> {
  try {
    // The signal of the watcher is what may have led here.
    await stopOne(name, { timeout: undefined }, { ...host, signal: killer.signal });
  } catch (error) {
    if (!isTsdockError(error) || error.code !== "CONTAINER_NOT_FOUND") throw error;
    // It ended at this moment, or nothing has a name here.
    await Promise.race([life.gone, sleep(namelessMs)]);
    if (life.isOver) return;
    send("SIGTERM");
    const timer = setTimeout(() => killer.abort(), unnamedStopMs);
    await life.gone;
    clearTimeout(timer);
  }
}
