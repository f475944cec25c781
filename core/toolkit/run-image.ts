import { HostTools } from "../build/native/host-tools.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { newContainerId } from "../run/state/new-container-id.ts";
import { inputOf, isPrivate, openEarly } from "../run/sandbox/open-early.ts";
import { prepareSupervisor } from "../run/supervise/start-supervisor.ts";
import { storeDirectory } from "./home.ts";
import type { Host } from "./host.ts";
import { checkIdFile } from "./id-file.ts";
import type { Begun, ContainerStreams, RunBase, RunOutcome } from "./run-contract.ts";
import type { RunRequest } from "./run-request.ts";

/** Runs a container of an image, here or on its own. One that never began is gone again. */
export async function runImage(
  request: RunRequest,
  streams: ContainerStreams,
  host: Host,
  base: RunBase = {},
): Promise<RunOutcome> {
  if (request.interactive && request.tty && !request.detach && !streams.inputIsTerminal) {
    throw new TsdockError("USAGE", "the input device is not a terminal", {
      hint: "leave out -t, or run it at a terminal",
    });
  }
  checkIdFile(request.cidFile, host);
  const begun = begin(request, streams, host, base);
  try {
    const { runContainer } = await import("./run-container.ts");
    return await runContainer(request, streams, host, { base, begun });
  } finally {
    begun.supervisor?.dismiss();
    begun.opened?.dismiss();
  }
}

function begin(
  { network, detach, interactive, tty }: RunRequest,
  { mayStay }: ContainerStreams,
  host: Host,
  base: RunBase,
): Begun {
  const home = storeDirectory(host);
  const tools = new HostTools(host.env["PATH"] ?? "");
  const hasOwn = isPrivate(network ?? base.network ?? "bridge");
  const input = hasOwn ? inputOf({ openStdin: interactive, tty }, !detach) : undefined;
  const id = newContainerId();
  const isElsewhere = detach && mayStay?.() !== true;
  return {
    id,
    tools,
    supervisor: isElsewhere ? prepareSupervisor(home, id, tools, input) : undefined,
    opened: isElsewhere || input === undefined ? undefined : openEarly(input, tools),
  };
}
