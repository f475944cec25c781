import process from "node:process";
import { storeDirectory } from "../toolkit/home.ts";
import type { Terminal } from "./command.ts";
import { enableCompileCache, saveCompileCache } from "./compile-cache.ts";
import { watchInterrupts } from "./interrupt.ts";
import { runCommandLine } from "./run-command-line.ts";
import { processTerminal } from "./terminal.ts";
import { waitingShell } from "./waiting-shell.ts";

const usageExitCode = 2;

/**
 * The command line of this process. `onEnd` is called when all is done, or all but supervising a container, with whether the words were a
 * command.
 */
export async function main(onEnd: (wasCommand: boolean) => void): Promise<void> {
  const { env } = process;
  const cwd = process.cwd();
  enableCompileCache(storeDirectory({ env, cwd }));
  const terminal = processTerminal(process);
  const shell = waitingShell(process);
  process.on("uncaughtException", (error) => void endBy(error, terminal));
  let end = onEnd;
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    cwd,
    env,
    terminal,
    interrupts: () => watchInterrupts(process),
    caller: shell && {
      isWaiting: () => !terminal.isUsed(),
      leave: (text, title) => {
        shell.leave(text, title);
        end(true);
        end = () => undefined;
      },
    },
  });
  end(process.exitCode !== usageExitCode);
  // Pipes are written asynchronously: the process ends by itself when they are empty. Else at once, since Node takes longer to take its
  // heap apart than many a command does.
  if (terminal.isWritten()) {
    saveCompileCache();
    process.exit();
  }
}

/** What a module of the user left behind (a timer, a promise) has failed: nothing waits for it, and nothing can go on. */
async function endBy(error: unknown, terminal: Terminal): Promise<never> {
  const [{ explainUncaught }, { printFailure }] = await Promise.all([
    import("../toolkit/explain-uncaught.ts"),
    import("./print-failure.ts"),
  ]);
  process.exit(
    await printFailure(explainUncaught(error), { terminal, debug: process.argv.includes("--debug") }),
  );
}
