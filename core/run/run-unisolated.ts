import { TsdockError } from "../errors/tsdock-error.ts";
import type { OutputSink, Sandbox, SandboxMount } from "../oci/runtime/sandbox.ts";
import { containerEnvironment } from "./container-command.ts";
import type { ContainerDraft } from "./create-container.ts";
import { makeDirectories } from "../util/make-directories.ts";
import type { ContainerMount } from "./state/container-record.ts";
import { randomHex } from "../util/random-hex.ts";

export interface RunUnisolatedOptions {
  readonly sandbox: Sandbox;
  readonly draft: ContainerDraft;
  readonly output: OutputSink;
  readonly takeSignals: (send: (signal: NodeJS.Signals) => void) => Disposable;
  readonly signal: AbortSignal;
}

/**
 * Runs a container where nothing can be mounted and no namespace made: in the foreground, with this machine's network, and
 * gone when it ends. Whatever needs more is refused. Gives its exit code.
 */
export async function runUnisolated(options: RunUnisolatedOptions): Promise<number> {
  const { sandbox, draft, output, takeSignals, signal } = options;
  refuse(draft);
  const id = randomHex(6);
  let taken: Disposable | undefined;
  try {
    return await sandbox.runContainer(
      {
        id: `run-${id}`,
        argv: draft.argv,
        env: containerEnvironment(draft.config.Env ?? []),
        cwd: draft.config.WorkingDir || "/",
        user: draft.config.User ?? "",
        hostname: draft.hostname ?? id,
        lower: draft.lower,
        mounts: draft.mounts.flatMap(bindOf),
        network: "host",
        stdin: draft.openStdin ? "inherit" : "ignore",
        output,
        terminal: false,
        onStart: (send) => {
          taken = takeSignals(send);
        },
      },
      signal,
    );
  } finally {
    taken?.[Symbol.dispose]();
  }
}

function refuse(draft: ContainerDraft): void {
  const asked: Readonly<Record<string, boolean>> = {
    "a container on its own (-d)": !draft.attached,
    "a container that stays (without --rm)": !draft.autoRemove,
    "a terminal (-t)": draft.tty,
    "a network of its own": draft.network !== "host",
    "a root file system that cannot be written to": draft.readonlyRoot,
    "--init": draft.init,
    "--restart": draft.restart.name !== "no",
    "a limit of memory, processors or processes": Object.keys(draft.limits).length > 0,
    "--group-add or --ulimit": (draft.groupAdd ?? draft.ulimits) !== undefined,
    "a change of capabilities": draft.capAdd.length + draft.capDrop.length > 0,
    "--add-host, --dns or --network-alias":
      [...(draft.extraHosts ?? []), ...(draft.dns ?? []), ...(draft.aliases ?? [])].length > 0,
    "--tmpfs": draft.mounts.some((mount) => mount.type === "tmpfs"),
    "a named volume": draft.mounts.some((mount) => mount.type === "volume" && !mount.anonymous),
  };
  const refused = Object.keys(asked).filter((what) => asked[what] === true);
  if (refused.length === 0) return;
  throw new TsdockError(
    "UNSUPPORTED",
    `${refused.join(", ")}: this needs namespaces or mounts, which are not allowed here`,
    {
      hint: "allow this container to mount (--privileged), or run with --rm --network host and nothing else",
    },
  );
}

function bindOf(mount: ContainerMount): readonly SandboxMount[] {
  if (mount.type !== "bind") return [];
  makeDirectories(mount.source);
  return [mount];
}
