import { randomBytes } from "node:crypto";
import fs from "node:fs";
import type { OutputSink, Sandbox, SandboxMount } from "../oci/runtime/sandbox.ts";
import type { ContainerConfig } from "../oci/spec/image-config.ts";
import { containerCommand, containerEnvironment } from "./container-command.ts";
import { forwardSignals } from "./forward-signals.ts";
import type { Volume } from "./parse-volume.ts";

export interface RunContainerOptions {
  /** What runs it: the native executor. */
  readonly sandbox: Sandbox;
  /** Snapshot directories of the image, lowest first. */
  readonly lower: readonly string[];
  readonly config: ContainerConfig;
  /** Replace the image's CMD. */
  readonly args: readonly string[];
  /** Replaces the image's ENTRYPOINT; its CMD then counts no more. */
  readonly entrypoint?: readonly string[] | undefined;
  /** `NAME=value`, over the image's. */
  readonly env?: readonly string[] | undefined;
  readonly volumes?: readonly Volume[] | undefined;
  readonly network: "host" | "none";
  readonly workdir?: string | undefined;
  readonly user?: string | undefined;
  /** The container's id unless given. */
  readonly hostname?: string | undefined;
  readonly stdin: "inherit" | "ignore";
  /** `inherit`: the standard output and error of this process. */
  readonly output: "inherit" | OutputSink;
  /** A terminal of its own, connected to this process's: needs an OCI runtime and `inherit` for both streams. */
  readonly terminal?: boolean | undefined;
  /** Whether INT, TERM, HUP, QUIT, USR1 and USR2 go to the container instead of ending this process. */
  readonly forwardSignals: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs a container from an image until it ends and gives its exit code: its own, 128 + n for signal n, 126 for a command
 * that cannot be executed, 127 for one that is not there. What it writes to its root file system is thrown away.
 * Errors `EXECUTOR_FAILED`, `EXECUTOR_UNAVAILABLE`, `CONTAINER_NO_COMMAND`, `USER_UNKNOWN` and the like mean that it never
 * ran: exit code 125.
 */
export async function runContainer(options: RunContainerOptions): Promise<number> {
  const { config, volumes = [] } = options;
  const id = randomBytes(6).toString("hex");
  const argv = containerCommand(config, options);
  const mounts = volumes.map(bindOf);
  let forwarding: Disposable | undefined;
  try {
    return await options.sandbox.runContainer(
      {
        id: `run-${id}`,
        argv,
        env: containerEnvironment(config.Env ?? [], options.env ?? []),
        cwd: options.workdir ?? (config.WorkingDir || "/"),
        user: options.user ?? config.User ?? "",
        hostname: options.hostname ?? id,
        lower: options.lower,
        mounts,
        network: options.network,
        stdin: options.stdin,
        output: options.output,
        terminal: options.terminal ?? false,
        onStart: (send) => {
          if (options.forwardSignals) forwarding = forwardSignals(send);
        },
      },
      options.signal,
    );
  } finally {
    forwarding?.[Symbol.dispose]();
  }
}

/** As docker's `-v`: a source that is not there becomes a directory. */
function bindOf(volume: Volume): SandboxMount {
  if (!fs.existsSync(volume.source)) fs.mkdirSync(volume.source, { recursive: true });
  return { type: "bind", ...volume };
}
