import { diskFull } from "../../errors/disk-full.ts";
import { isTsdockError } from "../../errors/tsdock-error.ts";
import { runFailureExitCode } from "../../toolkit/run-contract.ts";
import { runImage } from "../../toolkit/run-image.ts";
import { storeDirectory } from "../../toolkit/home.ts";
import type { CommandAction } from "../command.ts";
import { printFailure } from "../print-failure.ts";
import { textOption } from "../options.ts";
import { runRequest } from "../run-request.ts";

/** Whatever keeps a container from beginning ends with docker's code for it. */
export const run: CommandAction = async (invocation) => {
  const { options, args, host, terminal, interrupts, caller } = invocation;
  try {
    const streams = {
      inputIsTerminal: terminal.inputIsTerminal,
      write: terminal.write,
      takeSignals: interrupts.handOver,
      ...(caller === undefined ? {} : { mayStay: caller.isWaiting }),
    };
    const [request, engine] = [runRequest(options, args), textOption(options, "engine")];
    if (engine !== undefined) {
      const { runWithEngine } = await import("../../toolkit/run-with-engine.ts");
      return await runWithEngine(request, engine, streams, host);
    }
    const outcome = await runImage(request, streams, host);
    if (outcome.kind === "exited") return outcome.exitCode;
    if (caller === undefined || outcome.life === undefined) {
      terminal.out(`${outcome.id}\n`);
      return 0;
    }
    using _signals = interrupts.handOver(outcome.life.send);
    const ended = outcome.life.ended.catch(() => runFailureExitCode);
    // A signal that came just before is ending the container.
    if (host.signal.aborted) await ended;
    host.signal.throwIfAborted();
    caller.leave(
      `${outcome.id}\n`,
      `tsdock: container ${outcome.id.slice(0, 12)} of ${storeDirectory(host)}`,
    );
    // Nobody listens any more: what becomes of the container is in its state.
    return await ended;
  } catch (error) {
    const failure = diskFull(error, "the container") ?? error;
    if (!isTsdockError(failure) || failure.code === "INTERRUPTED") throw failure;
    await printFailure(failure, { terminal, debug: options["debug"] === true });
    return failure.exitCode > runFailureExitCode ? failure.exitCode : runFailureExitCode;
  }
};
