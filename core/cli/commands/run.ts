import { isTsdockError } from "../../errors/tsdock-error.ts";
import { runFailureExitCode, runImage } from "../../toolkit/run-image.ts";
import type { RunRequest } from "../../toolkit/run-request.ts";
import type { CommandAction, ParsedOptions } from "../command.ts";
import { printFailure } from "../print-failure.ts";
import { commaList, flagOption, listOption, textOption } from "../options.ts";

/** Whatever keeps a container from beginning ends with docker's code for it. */
export const run: CommandAction = async (invocation) => {
  const { options, args, host, terminal, interrupts } = invocation;
  try {
    const streams = {
      inputIsTerminal: terminal.inputIsTerminal,
      write: terminal.write,
      takeSignals: interrupts.handOver,
    };
    const [request, engine] = [requestOf(options, args), textOption(options, "engine")];
    if (engine !== undefined) {
      const { runWithEngine } = await import("../../toolkit/run-with-engine.ts");
      return await runWithEngine(request, engine, streams, host);
    }
    const outcome = await runImage(request, streams, host);
    if (outcome.kind === "exited") return outcome.exitCode;
    terminal.out(`${outcome.id}\n`);
    return 0;
  } catch (error) {
    if (!isTsdockError(error) || error.code === "INTERRUPTED") throw error;
    await printFailure(error, { terminal, debug: options["debug"] === true });
    return error.exitCode > runFailureExitCode ? error.exitCode : runFailureExitCode;
  }
};

function requestOf(options: ParsedOptions, args: readonly string[]): RunRequest {
  const [image = "", ...command] = args;
  const text = (name: string): string | undefined => textOption(options, name);
  const flag = (name: string): boolean => flagOption(options, name);
  const list = (name: string): readonly string[] => listOption(options, name);
  return {
    image,
    args: command,
    name: text("name"),
    detach: flag("detach"),
    interactive: flag("interactive"),
    tty: flag("tty"),
    autoRemove: flag("rm"),
    env: list("env"),
    envFiles: list("envFile"),
    volumes: list("volume"),
    tmpfs: list("tmpfs"),
    network: text("network"),
    publish: list("publish"),
    publishAll: flag("publishAll"),
    workdir: text("workdir"),
    user: text("user"),
    entrypoint: text("entrypoint"),
    hostname: text("hostname"),
    labels: list("label"),
    readonlyRoot: flag("readOnly"),
    memory: text("memory"),
    cpus: text("cpus"),
    pidsLimit: text("pidsLimit"),
    capAdd: list("capAdd"),
    capDrop: list("capDrop"),
    init: flag("init"),
    restart: text("restart"),
    stopSignal: text("stopSignal"),
    stopTimeout: text("stopTimeout"),
    health: {
      // Commander stores `--no-healthcheck` as `healthcheck`.
      disabled: options["healthcheck"] === false,
      command: text("healthCmd"),
      interval: text("healthInterval"),
      timeout: text("healthTimeout"),
      startPeriod: text("healthStartPeriod"),
      retries: text("healthRetries"),
    },
    runtime: text("runtime"),
    platform: commaList(options, "platform")[0],
  };
}
