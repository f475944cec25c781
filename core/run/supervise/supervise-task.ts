import path from "node:path";
import process from "node:process";
import { sendableError } from "../../build/native/child-protocol.ts";
import { HostTools } from "../../build/native/host-tools.ts";
import type { OpenSandbox } from "../../build/native/start-sandbox.ts";
import { ContainerDirectory, containersDirectory } from "../state/container-directory.ts";
import { writeToStreams } from "../write-to-streams.ts";
import { superviseHere } from "./supervise-here.ts";
import type { FromSupervisor, SupervisorTask } from "./supervisor-protocol.ts";

/** They are the container's: this process ends when it does. */
const signals = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

function tell(message: FromSupervisor): void {
  // Whoever started us may have been killed just now: the container goes on.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** The channel must not keep whoever started us, nor us. */
const letGo = (): void => {
  if (process.connected) process.disconnect();
};

/** Runs a container until it has ended for good, as this process's work, and tells whoever started it how that began. */
export async function superviseTask(
  task: SupervisorTask,
  opened: OpenSandbox | undefined,
  onStart: () => void,
): Promise<number> {
  const container = new ContainerDirectory(path.join(containersDirectory(task.home), task.id));
  const killed = new AbortController();
  let send: ((signal: NodeJS.Signals) => void) | undefined;
  for (const signal of signals) process.on(signal, () => send?.(signal));
  try {
    const exitCode = await superviseHere({
      home: task.home,
      container,
      tools: new HostTools(task.searchPath),
      attached: task.attached,
      opened,
      ...(task.attached ? { output: writeToStreams } : {}),
      onStart: (started) => {
        send = started.send;
        tell({ type: "started", pid: started.pid });
        if (!task.attached) letGo();
        onStart();
      },
      signal: killed.signal,
    });
    // A command that was quick may have ended before anybody saw it run.
    tell({ type: "started", pid: 0 });
    return exitCode;
  } catch (error) {
    tell({ type: "failed", error: sendableError(error) });
    return 125;
  }
}
