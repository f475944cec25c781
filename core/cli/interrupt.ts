import { setMaxListeners } from "node:events";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { Interrupts } from "./command.ts";

const numbers = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const passedOn = [
  ...(Object.keys(numbers) as (keyof typeof numbers)[]),
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
] as const;

/**
 * Aborts at the first SIGINT, SIGTERM or SIGHUP; whoever gets a second one does not want to wait. While they are handed
 * over, somebody else gets them and nothing is aborted.
 */
export function watchInterrupts(process: NodeJS.Process): Interrupts {
  const controller = new AbortController();
  // As many listen as layers are read at once; Node would take that for a leak, and say so on standard error.
  setMaxListeners(0, controller.signal);
  let taker: ((signal: NodeJS.Signals) => void) | undefined;
  for (const [signal, exitCode] of Object.entries(numbers) as [NodeJS.Signals, number][]) {
    process.on(signal, () => {
      if (taker !== undefined) return;
      if (controller.signal.aborted) process.exit(exitCode);
      controller.abort(new TsdockError("INTERRUPTED", `interrupted by ${signal}`));
    });
  }
  return {
    signal: controller.signal,
    handOver(send) {
      taker = send;
      for (const signal of [...passedOn, "SIGWINCH"] as const) process.on(signal, send);
      return {
        [Symbol.dispose]() {
          for (const signal of [...passedOn, "SIGWINCH"] as const) process.off(signal, send);
          taker = undefined;
        },
      };
    },
  };
}
