import { TsdockError } from "../errors/tsdock-error.ts";

/** Aborts at the first SIGINT, SIGTERM or SIGHUP; whoever gets a second one does not want to wait. */
export function interruptSignal(process: NodeJS.Process): AbortSignal {
  const controller = new AbortController();
  const numbers = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  for (const [signal, exitCode] of Object.entries(numbers)) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(exitCode);
      controller.abort(new TsdockError("INTERRUPTED", `interrupted by ${signal}`));
    });
  }
  return controller.signal;
}
