import type { HostTools } from "../../build/native/host-tools.ts";
import type { OpenSandbox } from "../../build/native/start-sandbox.ts";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";
import { acquireLock } from "../../oci/store/lock.ts";
import type { ContainerDirectory } from "../state/container-directory.ts";
import { type IdleSupervisor, startSupervisor } from "./start-supervisor.ts";
import type { StartedLife } from "./live-once.ts";
import { superviseHere } from "./supervise-here.ts";

export interface StartOptions {
  /** The store's directory. */
  readonly home: string;
  readonly container: ContainerDirectory;
  readonly tools: HostTools;
  readonly searchPath: string;
}

export interface ForegroundOptions extends StartOptions {
  readonly output: OutputSink;
  /** Also as another user than root `output` gets everything, instead of the streams of this process. */
  readonly captured?: boolean;
  /** As root: see `openEarly`. */
  readonly opened?: OpenSandbox | undefined;
  /** Called when signals can be sent to the container; disposed when it has ended. */
  readonly takeSignals: (send: (signal: NodeJS.Signals) => void) => Disposable;
  /** Counts until its command runs. */
  readonly signal: AbortSignal;
}

const userNamespace = ["unshare", "--user", "--map-root-user", "--map-auto"];

/** An ordinary user's containers need a process in their user namespace. */
export const isRoot = (): boolean => process.geteuid?.() === 0;

/** Containers of an ordinary user that are on one network must be in one user namespace: the one that has the network. */
async function entranceFor(
  { home, container }: StartOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (isRoot()) return [];
  const network = container.record()?.network ?? "none";
  if (network === "host" || network === "none") return userNamespace;
  const { openNetworks } = await import("../network/open-networks.ts");
  return openNetworks(home).entrance(signal);
}

/** Starts a container and leaves it to a process of its own, one that waits for it or another. Settles when its command runs. */
export async function startDetached(options: StartOptions, waiting?: IdleSupervisor): Promise<void> {
  const { home, container, tools, searchPath } = options;
  await using _lock = await acquireLock(container.file("lock"));
  const supervisor =
    waiting ??
    startSupervisor({
      home,
      id: container.id,
      attached: false,
      entrance: await entranceFor(options, new AbortController().signal),
      environment: tools.environment,
    });
  await supervisor.run({ home, id: container.id, searchPath }).started;
}

/** A container that this process supervises. */
export interface ContainerLife {
  /** Its exit code, when it has ended for good. */
  readonly ended: Promise<number>;
  readonly send: (signal: NodeJS.Signals) => void;
}

/** As root: starts a container without streams that this process supervises. Settles when its command runs, or has run. */
export async function startHere({
  signal,
  opened,
  ...options
}: StartOptions & Pick<ForegroundOptions, "signal" | "opened">): Promise<ContainerLife> {
  let send: ContainerLife["send"] = () => undefined;
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const onStart = (life: StartedLife): void => {
    // Of each life, where it is started again.
    send = life.send;
    begin();
  };
  const ended = superviseHere({ ...options, attached: false, opened, onStart, signal });
  await Promise.race([begun, ended]);
  return { ended, send: (name) => send(name) };
}

/**
 * Runs a container with the streams of this process and gives its exit code. As root it is supervised here; as another
 * user by a child that ends with this process.
 */
export async function runAttached(options: ForegroundOptions): Promise<number> {
  const { home, container, tools, searchPath, output, takeSignals, signal } = options;
  let taken: Disposable | undefined;
  try {
    if (isRoot()) {
      return await superviseHere({
        home,
        container,
        tools,
        attached: true,
        opened: options.opened,
        output,
        onStart: ({ send }) => {
          taken ??= takeSignals(send);
        },
        signal,
      });
    }
    const idle = startSupervisor({
      home,
      id: container.id,
      attached: true,
      entrance: await entranceFor(options, signal),
      environment: tools.environment,
      ...(options.captured === true ? { output } : {}),
    });
    const supervisor = idle.run({ home, id: container.id, searchPath });
    await supervisor.started;
    taken = takeSignals(supervisor.send);
    return await supervisor.exit;
  } finally {
    taken?.[Symbol.dispose]();
  }
}
