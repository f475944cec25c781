import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";
import { availableCapabilities } from "./available-capabilities.ts";
import { ChrootExecutor } from "./chroot-executor.ts";
import type { HostTools } from "./host-tools.ts";
import { LocalExecutor, type LocalExecutorOptions } from "./local-executor.ts";
import type { NativeExecutor, RuntimeName } from "./native-options.ts";
import type { Starter } from "./run-step.ts";

export type Wanted = Omit<LocalExecutorOptions, "starter"> & { readonly runtime?: RuntimeName | undefined };

const preference: readonly RuntimeName[] = ["crun", "runc", "kernel"];

/** What worked in this process, by what was asked for. */
const known = new Map<string, Starter | "chroot">();

/**
 * The first way of running commands as root that works here, found by trying each once.
 * Error `EXECUTOR_UNAVAILABLE` with what was tried.
 */
export async function findLocalExecutor(wanted: Wanted): Promise<NativeExecutor> {
  const key = [wanted.stateDirectory, wanted.runtime ?? "", wanted.tools.environment.PATH].join("\0");
  const way = known.get(key) ?? (await findWay(wanted));
  known.set(key, way);
  return way === "chroot" ? new ChrootExecutor(wanted) : new LocalExecutor({ ...wanted, starter: way });
}

/** The way itself, tried out. Error `EXECUTOR_UNAVAILABLE`. */
export async function findWay(wanted: Wanted): Promise<Starter | "chroot"> {
  const failures: string[] = [];
  for (const name of wanted.runtime === undefined ? preference : [wanted.runtime]) {
    const starter = starterNamed(name, wanted.tools);
    const failure = starter === undefined ? "not installed" : await tryOut({ ...wanted, starter });
    if (failure === undefined && starter !== undefined) return starter;
    failures.push(`${name}: ${failure}`);
  }
  if (wanted.runtime === undefined && !wanted.rootless && canChroot(wanted.tools)) return "chroot";
  throw unavailable(failures);
}

/** Root with the rights that docker gives a container: commands can at least have a root directory of their own. */
const canChroot = (tools: HostTools): boolean =>
  availableCapabilities().includes("CAP_SYS_CHROOT") &&
  ["setpriv", "unshare"].every((name) => tools.find(name) !== undefined);

function starterNamed(name: RuntimeName, tools: HostTools): Starter | undefined {
  if (name === "kernel") return { name };
  const program = tools.find(name);
  return program === undefined ? undefined : { name, path: program };
}

/** Starts a command that no tree has: everything up to its execution must work. Gives what went wrong. */
async function tryOut(options: LocalExecutorOptions): Promise<string | undefined> {
  await using executor = new LocalExecutor(options);
  try {
    const { exitCode } = await executor.exec(
      {
        id: `probe-${process.pid}`,
        argv: ["/nothing"],
        env: [],
        cwd: "/",
        user: "",
        hostname: "probe",
        lower: [],
        mounts: [],
        network: "host",
        output: () => {},
      },
      new AbortController().signal,
    );
    return exitCode === 127 ? undefined : `a trial ended with exit code ${exitCode}`;
  } catch (error) {
    if (!isTsdockError(error)) throw error;
    return [error.message, error.details].filter((text) => text !== undefined && text !== "").join(": ");
  }
}

const unavailable = (failures: readonly string[]): TsdockError =>
  new TsdockError("EXECUTOR_UNAVAILABLE", "commands cannot be run on an image's files on this machine", {
    details: failures.join("\n"),
    hint: "install crun, and as an ordinary user uidmap with a range in /etc/subuid and /etc/subgid; within a container, allow mounts (--privileged) and keep TSDOCK_HOME on a volume",
  });
