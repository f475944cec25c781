import { HostTools } from "../build/native/host-tools.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { listProcesses, type ProcessTable } from "../run/list-processes.ts";
import { isRunning } from "../run/stop-container.ts";
import { requireContainer } from "./container-operations.ts";
import type { Host } from "./host.ts";

/** The processes of a container as `ps` of this machine shows them with these options. Errors `CONTAINER_NOT_RUNNING`, and those of `listProcesses`. */
export async function containerTop(
  text: string,
  options: readonly string[],
  host: Host,
): Promise<ProcessTable> {
  const { container, record } = await requireContainer(text, host);
  const { pid } = container.state();
  if (pid !== undefined && isRunning(container))
    return listProcesses(pid, options, new HostTools(host.env["PATH"]));
  throw new TsdockError("CONTAINER_NOT_RUNNING", `the container ${record.name} does not run`, {
    hint: "tsdock ps shows those that do",
  });
}
