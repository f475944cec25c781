import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "../util/now-ms.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { signalProcess, startTimeOf } from "./sandbox/processes.ts";
import { signalNumber } from "./signal-numbers.ts";
import type { ContainerDirectory } from "./state/container-directory.ts";
import type { ContainerRecord } from "./state/container-record.ts";

const pollMs = 10;
/** How long a killed container may take to be gone: the kernel must take down what it had. */
const killedMs = 30_000;

export const isRunning = (container: ContainerDirectory): boolean =>
  ["running", "restarting"].includes(container.state().status);

/**
 * Asks a container to end, kills it where it does not within `timeout` seconds (-1: waits for ever), and waits until it
 * is gone. Nothing happens to one that does not run. It is not started again by its policy.
 */
export async function stopContainer(
  container: ContainerDirectory,
  record: ContainerRecord,
  { timeout, signal }: { readonly timeout: number; readonly signal: AbortSignal },
): Promise<void> {
  if (!isRunning(container)) return;
  fs.writeFileSync(container.file("stop"), "");
  sendSignal(container, signalNumber(record.stopSignal));
  const limit = timeout < 0 ? Number.POSITIVE_INFINITY : timeout * 1000;
  if (await untilEnded(container, limit, signal)) return;
  sendSignal(container, signalNumber("KILL"));
  if (await untilEnded(container, killedMs, signal)) return;
  throw new TsdockError("CONTAINER_RUNNING", `the container ${record.name} was killed and is still there`, {
    hint: "a process in it may wait for a disk or a network file system: see ps",
  });
}

/** A signal for the container's first process. Error `CONTAINER_NOT_RUNNING`. */
export function killContainer(container: ContainerDirectory, record: ContainerRecord, signal: number): void {
  const { pid } = container.state();
  if (pid === undefined || !isRunning(container)) {
    throw new TsdockError("CONTAINER_NOT_RUNNING", `the container ${record.name} does not run`, {
      hint: "tsdock ps shows those that do",
    });
  }
  // As docker: what was killed on purpose is not started again.
  if (signal === signalNumber("KILL")) fs.writeFileSync(container.file("stop"), "");
  sendSignal(container, signal);
}

function sendSignal(container: ContainerDirectory, signal: number): void {
  const { pid, pidStart } = container.state();
  if (pid !== undefined && startTimeOf(pid) === pidStart) signalProcess(pid, signal);
}

/** Whether it has ended, or is gone altogether, within a time. */
async function untilEnded(container: ContainerDirectory, ms: number, signal: AbortSignal): Promise<boolean> {
  const end = nowMs() + ms;
  while (nowMs() < end) {
    if (!fs.existsSync(container.path) || !isRunning(container)) return true;
    await sleep(pollMs, undefined, { signal });
  }
  return false;
}
