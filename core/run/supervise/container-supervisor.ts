import process from "node:process";
import { HostTools } from "../../build/native/host-tools.ts";
import { type ContainerInput, openEarly } from "../sandbox/open-early.ts";
import type { SupervisorTask } from "./supervisor-protocol.ts";

/*
 * The process that lives as long as a container does: as root, or as root of a user namespace. It is the container's
 * parent; the kernel ends the container with it.
 */

/** Undefined where whoever started us has nothing for us after all. */
const receiveTask = (): Promise<SupervisorTask | undefined> =>
  new Promise((resolve) => {
    process.once("message", (task: SupervisorTask) => resolve(task));
    process.once("disconnect", () => resolve(undefined));
    // It may have been killed before anybody listened.
    if (!process.connected) resolve(undefined);
  });

async function supervised(input: ContainerInput | undefined, onStart: () => void): Promise<number> {
  const waiting = receiveTask();
  const opened = input === undefined ? undefined : openEarly(input, new HostTools());
  try {
    // Most containers have a network: its code is loaded while the container is being made.
    const [{ superviseTask }] = await Promise.all([
      import("./supervise-task.ts"),
      import("../network/open-networks.ts"),
    ]);
    const task = await waiting;
    return task === undefined ? 0 : await superviseTask(task, opened, onStart);
  } finally {
    opened?.dismiss();
  }
}

/** `HOME ID [INPUT]`: with an input, its namespaces are opened before anything else is loaded. `onStart` is called each time the container runs. */
export async function main(args: readonly string[], onStart: () => void): Promise<void> {
  process.exitCode = await supervised(args[2] as ContainerInput | undefined, onStart);
  // The channel must not keep whoever started us, nor us.
  if (process.connected) process.disconnect();
}
