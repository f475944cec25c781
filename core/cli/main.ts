import process from "node:process";
import { storeDirectory } from "../toolkit/home.ts";
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
