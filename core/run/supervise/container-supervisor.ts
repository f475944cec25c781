import process from "node:process";
import { HostTools } from "../../build/native/host-tools.ts";
import { type ContainerInput, openEarly } from "../sandbox/open-early.ts";
import type { SupervisorTask } from "./supervisor-protocol.ts";

/*
 * The process that lives as long as a container does: as root, or as root of a user namespace. It is the container's
 * parent; the kernel ends the container with it. `container-supervisor.js HOME ID [INPUT]`: with an input, its namespaces are opened
 * before anything else is loaded.
 */

/** Undefined where whoever started us has nothing for us after all. */
const receiveTask = (): Promise<SupervisorTask | undefined> =>
  new Promise((resolve) => {
    process.once("message", (task: SupervisorTask) => resolve(task));
    process.once("disconnect", () => resolve(undefined));
    // It may have been killed before anybody listened.
    if (!process.connected) resolve(undefined);
  });

async function main(input: ContainerInput | undefined): Promise<number> {
  const waiting = receiveTask();
  const opened = input === undefined ? undefined : openEarly(input, new HostTools());
  try {
    // Most containers have a network: its code is loaded while the container is being made.
    const [{ superviseTask }] = await Promise.all([
      import("./supervise-task.ts"),
      import("../network/open-networks.ts"),
    ]);
    const task = await waiting;
    return task === undefined ? 0 : await superviseTask(task, opened);
  } finally {
    opened?.dismiss();
  }
}

process.exitCode = await main(process.argv[4] as ContainerInput | undefined);
// The channel must not keep whoever started us, nor us.
if (process.connected) process.disconnect();
