import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import type { Duplex } from "node:stream";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";
import { pass, type PipeReaders, readPipes } from "./output-pipes.ts";

export interface SandboxProcessOptions {
  readonly script: string;
  /** Working directory of the script. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Namespaces besides mount and pid: options of `unshare`. */
  readonly namespaces: readonly string[];
  /** A network namespace to begin in, below /proc. */
  readonly networkNamespace?: string | undefined;
  /** What the script reads from descriptor 3. */
  readonly payload: Uint8Array;
  /** `hold`: one that never ends and never has anything. */
  readonly stdin: "ignore" | "inherit" | "hold";
  /** Unless inherited, the script makes pipes before its first line and opens them when it was answered. */
  readonly output: "inherit" | OutputSink;
  /** What must be done before the command begins and needs the namespaces; gets the process id of one that is in them. */
  readonly prepare?: (pid: number) => Promise<void>;
}

export interface SandboxExit {
  /** As a shell has it. */
  readonly exitCode: number;
  /** Whether the script came to the command; else what it said is in its log. */
  readonly isSetUp: boolean;
}

export interface SandboxProcess {
  /** Sends a signal to the first process of the sandbox, which an OCI runtime passes on to the command. */
  readonly send: (signal: NodeJS.Signals) => void;
  /** Of `unshare`, which is in the namespaces itself, but for that of processes. */
  readonly pid: number | undefined;
  /** Settles when every process of the sandbox is gone, whether or not all that it wrote was taken. */
  readonly ended: Promise<SandboxExit>;
  /** Settles when every process of the sandbox is gone and all that it wrote was taken. */
  readonly exit: Promise<SandboxExit>;
}

/**
 * Starts a script as the first process of new mount and pid namespaces. When this process dies, or `unshare` does, the
 * kernel kills all that is in them and what was mounted vanishes. It has a session of its own: Ctrl-C at a terminal
 * reaches this process alone, which decides.
 */
export function startSandbox(options: SandboxProcessOptions): SandboxProcess {
  const { networkNamespace, output } = options;
  const [program = "", ...args] = [
    ...(networkNamespace === undefined ? [] : ["nsenter", `--net=${networkNamespace}`, "--"]),
    "setpriv",
    ...sandboxArguments(options),
  ];
  const child = spawn(program, args, {
    cwd: options.directory,
    env: options.environment,
    stdio: [
      options.stdin === "hold" ? "pipe" : options.stdin,
      ...(output === "inherit" ? (["inherit", "inherit"] as const) : (["ignore", "pipe"] as const)),
      "pipe",
    ],
    detached: true,
  });
  let pipes: PipeReaders | undefined;
  const progress = answer(child.stdio[3] as Duplex, options.payload, async () => {
    if (output !== "inherit") pipes = readPipes(options.directory, output);
    if (child.pid !== undefined) await options.prepare?.(child.pid);
  });
  // What the programs around the script complain about.
  const said = output === "inherit" ? undefined : pass(child.stderr, "stderr", output);
  const ended = exitOf(child).then((exitCode) => ({ exitCode, isSetUp: progress.lines >= 2 }));
  return {
    send: (signal) => sendTo(child, signal),
    pid: child.pid,
    ended,
    exit: ended.then(async (exit) => {
      await Promise.all([progress.prepared, said, pipes?.end()]);
      return exit;
    }),
  };
}

const sandboxArguments = ({ script, namespaces }: SandboxProcessOptions): string[] => [
  ...[
    "--pdeathsig",
    "KILL",
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "--pid",
    "--fork",
    "--kill-child",
  ],
  ...["--mount-proc", ...namespaces, "sh", "-c", script],
];

interface Progress {
  lines: number;
  /** Fails as the preparation did. */
  prepared: Promise<void>;
}

/** Answers the script's first line with the payload, and lets it go on when everything is prepared; counts its lines. */
function answer(socket: Duplex, payload: Uint8Array, prepare: () => Promise<void>): Progress {
  const progress: Progress = { lines: 0, prepared: Promise.resolve() };
  const go = async (): Promise<void> => {
    try {
      await prepare();
      socket.write("go\n");
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
  socket.on("data", (chunk: Buffer) => {
    if (progress.lines === 0) {
      socket.write(payload);
      progress.prepared = go();
      // Whoever waits for the exit gets it.
      progress.prepared.catch(() => undefined);
    }
    progress.lines += chunk.length;
  });
  // The script ended before it read everything: its exit code and its log tell why.
  socket.on("error", () => socket.destroy());
  return progress;
}

/** The exit code of a process as a shell has it. */
export function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
  });
}

const numbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

const signalNumber = (signal: NodeJS.Signals | null): number => numbers[signal ?? ""] ?? 9;

/** `unshare` itself gets a signal only while it has no child: it dies of it before it has set up anything. */
function sendTo(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const [first] = childrenOf(child.pid);
  try {
    process.kill(first ?? child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** proc(5), /proc/pid/task/tid/children. */
export function childrenOf(pid: number): number[] {
  try {
    const text = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1");
    return text
      .split(" ")
      .filter((part) => part !== "")
      .map(Number);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
