import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import readline from "node:readline";
import type { TsdockEvent } from "../../core/events.ts";
import type { CliWorkspace } from "./cli.ts";

type EventOf<Type> = Extract<TsdockEvent, { readonly type: Type }>;

/** One round of `tsdock watch`, as its events tell it. */
export interface WatchedRound {
  readonly outcome: EventOf<"watch.done">["outcome"];
  readonly files: readonly string[];
  readonly imageIds: Readonly<Record<string, string>>;
}

/** A `tsdock watch` that runs, and what it said so far. */
export class Watching implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly events: TsdockEvent[] = [];
  /** Everything that is no event: errors and summaries. */
  readonly lines: string[] = [];
  readonly exit: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
  stdout = "";
  #read = 0;
  #wake: (() => void)[] = [];
  #isOver = false;

  constructor(
    workspace: CliWorkspace,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.child = workspace.start(["watch", "--progress", "json", ...args], env, true);
    this.exit = once(this.child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    void this.exit.then(() => {
      this.#isOver = true;
      this.#tell();
    });
    this.child.stdout?.on("data", (chunk: Buffer) => (this.stdout += chunk.toString("utf8")));
    if (this.child.stderr !== null)
      readline.createInterface({ input: this.child.stderr }).on("line", (line) => this.#take(line));
  }

  /** The next event of a type that a condition holds for, after the one that was got last. */
  async next<Type extends TsdockEvent["type"]>(
    type: Type,
    isWanted: (event: EventOf<Type>) => boolean = () => true,
    limitMs = 30_000,
  ): Promise<EventOf<Type>> {
    const end = Date.now() + limitMs;
    for (;;) {
      for (; this.#read < this.events.length; this.#read++) {
        const event = this.events[this.#read];
        if (event?.type !== type || !isWanted(event as EventOf<Type>)) continue;
        this.#read++;
        return event as EventOf<Type>;
      }
      if (this.#isOver || Date.now() > end) throw new Error(`no ${type}: ${this.lines.join("\n")}`);
      await this.#more(end - Date.now());
    }
  }

  /** The next round that was not given up. */
  async round(): Promise<WatchedRound> {
    const from = this.#read;
    const { outcome } = await this.next("watch.done", (event) => event.outcome !== "aborted");
    const events = this.events.slice(from, this.#read);
    const files = events.flatMap((event) => (event.type === "watch.start" ? event.files : []));
    const ids = events.flatMap((event) =>
      event.type === "image.done" ? [[event.image, event.imageId] as const] : [],
    );
    return { outcome, files, imageIds: Object.fromEntries(ids) };
  }

  /** The last of the rounds that follow upon one another, with all files that they were for: a busy machine may make two of one save. */
  async settled(): Promise<WatchedRound> {
    let last = await this.round();
    while (!(await this.isQuiet(150))) {
      const { outcome, files, imageIds } = await this.round();
      last = { outcome, files: [...last.files, ...files], imageIds };
    }
    return last;
  }

  /** Whether no round begins for a while. */
  async isQuiet(ms: number): Promise<boolean> {
    const end = Date.now() + ms;
    for (;;) {
      if (this.events.slice(this.#read).some(({ type }) => type === "watch.start")) return false;
      if (this.#isOver) throw new Error(`it ended: ${this.lines.join("\n")}`);
      if (Date.now() > end) return true;
      await this.#more(end - Date.now());
    }
  }

  /** Forgets what it said so far. */
  forget(): void {
    this.events.length = 0;
    this.lines.length = 0;
    this.#read = 0;
  }

  /** As Ctrl-C at a terminal: to the whole group. Gives the exit code. */
  async interrupt(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
    if (this.child.pid !== undefined && !this.#isOver) process.kill(-this.child.pid, signal);
    return (await this.exit)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.interrupt();
  }

  #take(line: string): void {
    if (line.startsWith("{")) this.events.push(JSON.parse(line) as TsdockEvent);
    else this.lines.push(line);
    this.#tell();
  }

  #more(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, ms));
      this.#wake.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #tell(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const one of wake) one();
  }
}
