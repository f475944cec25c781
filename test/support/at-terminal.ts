import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import path from "node:path";
import type { CliWorkspace } from "./cli.ts";

const cli = path.resolve(import.meta.dirname, "../../dist/cli.cjs");
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A command at a terminal of its own, which somebody types at and changes the size of. */
export interface Session extends Disposable {
  /** Waits until the terminal has shown a text after what was waited for before. */
  sees(text: string | RegExp): Promise<void>;
  type(text: string): void;
  /** Types a text again and again until that has been seen. */
  typesUntil(text: string, wanted: RegExp): Promise<void>;
  resize(columns: number, rows: number): void;
  readonly exitCode: Promise<number>;
}

const limitMs = 60_000;

/** Starts the command line at a terminal that script(1) makes; its first line there is the terminal's name. */
export async function atTerminal(workspace: CliWorkspace, args: readonly string[]): Promise<Session> {
  const command = ["exec", process.execPath, cli, ...args].map(quote).join(" ").replace("'exec'", "exec");
  const child = spawn("script", ["-qefc", `tty; ${command}`, "/dev/null"], {
    cwd: workspace.directory,
    env: { ...process.env, SHELL: "/bin/sh", TERM: "xterm", TSDOCK_HOME: workspace.home },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const session = new TerminalSession(child);
  await session.sees(/\/dev\/pts\/\d+/);
  return session;
}

class TerminalSession implements Session {
  readonly #child: ChildProcess;
  #shown = "";
  #read = 0;
  readonly exitCode: Promise<number>;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on("data", (chunk: Buffer) => (this.#shown += chunk.toString()));
    this.exitCode = new Promise((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  }

  async sees(text: string | RegExp): Promise<void> {
    const limit = Date.now() + limitMs;
    for (;;) {
      const rest = this.#shown.slice(this.#read);
      const at = typeof text === "string" ? rest.indexOf(text) : rest.search(text);
      if (at >= 0) {
        const length = typeof text === "string" ? text.length : (text.exec(rest)?.[0].length ?? 0);
        this.#read += at + length;
        return;
      }
      if (Date.now() > limit) throw new Error(`no ${String(text)} in ${JSON.stringify(this.#shown)}`);
      await sleep(20);
    }
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  async typesUntil(text: string, wanted: RegExp): Promise<void> {
    const limit = Date.now() + limitMs;
    while (!wanted.test(this.#shown)) {
      if (Date.now() > limit) throw new Error(`no ${String(wanted)} in ${JSON.stringify(this.#shown)}`);
      this.type(text);
      await sleep(500);
    }
  }

  resize(columns: number, rows: number): void {
    const terminal = /\/dev\/pts\/\d+/.exec(this.#shown)?.[0] ?? "";
    const args = ["-F", terminal, "cols", String(columns), "rows", String(rows)];
    const { status, stderr } = spawnSync("stty", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`stty ${args.join(" ")}: ${stderr}`);
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}
