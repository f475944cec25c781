import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import type { Duplex } from "node:stream";
import type { OutputSink } from "../../oci/runtime/sandbox.ts";
import { havePipes, pass, type PipeReaders, readPipes } from "./output-pipes.ts";
import { quote } from "./sandbox-script.ts";
import { randomHex } from "../../util/random-hex.ts";

/** What a sandbox is, whatever will run in it. */
export interface OpenSandboxOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** Namespaces besides mount and pid: options of `unshare`. */
  readonly namespaces: readonly string[];
  /** A network namespace to begin in, below /proc. */
  readonly networkNamespace?: string | undefined;
  /** `hold`: one that never ends and never has anything. */
  readonly stdin: "ignore" | "inherit" | "hold";
  readonly output: "inherit" | "piped";
  /** Lines of a shell that need nothing but the namespaces: done while the rest is found out. One that fails ends the sandbox. */
  readonly ahead?: string;
  /** Gives the scripts this process's network namespace as descriptor 5. */
  readonly seesNetwork?: boolean;
}

/** What runs in it. */
export interface SandboxWork {
  readonly script: string;
  /** Working directory of the script. */
  readonly directory: string;
  /** What the script reads from descriptor 3. */
  readonly payload: Uint8Array;
  /**
   * Unless inherited, the script makes pipes before its first line and opens them when it was answered. Where they are there already it
   * need not wait: the answer is on its way.
   */
  readonly output: "inherit" | OutputSink;
  /** What must be done before the command begins and needs the namespaces; gets the process id of one that is in them. */
  readonly prepare?: (pid: number) => Promise<void>;
}

export type SandboxProcessOptions = Omit<OpenSandboxOptions, "output"> & SandboxWork;

export interface SandboxExit {
  /** As a shell has it. */
  readonly exitCode: number;
  /** Whether the script came to the command; else what it said is in its log. */
  readonly isSetUp: boolean;
}

export interface SandboxProcess {
  /** Sends a signal to the first process of the sandbox, which an OCI runtime passes on to the command. */
  readonly send: (signal: NodeJS.Signals) => void;
  /** Settles when the script has come to the command; never, where it does not. */
  readonly isSetUp: Promise<void>;
  /** Of `unshare`, which is in the namespaces itself, but for that of processes. */
  readonly pid: number | undefined;
  /** Settles when every process of the sandbox is gone, whether or not all that it wrote was taken. */
  readonly ended: Promise<SandboxExit>;
  /** Settles when every process of the sandbox is gone and all that it wrote was taken. */
  readonly exit: Promise<SandboxExit>;
}

/** New namespaces with a shell in them that waits for what to do. It ends with this process. */
export interface OpenSandbox {
  readonly pid: number | undefined;
  /** Settles when the namespaces are there; never, where they cannot be made. */
  readonly ready: Promise<void>;
  /** Gives the shell a script to do before it gets another. It may end the sandbox. */
  readonly prepare: (script: string) => void;
  /** Called once. */
  readonly run: (work: SandboxWork) => SandboxProcess;
  /** Ends it, unless something was run in it. */
  readonly dismiss: () => void;
}

/**
 * Starts a script as the first process of new mount and pid namespaces. When this process dies, or `unshare` does, the
 * kernel kills all that is in them and what was mounted vanishes. It has a session of its own: Ctrl-C at a terminal
 * reaches this process alone, which decides.
 */
export const startSandbox = (options: SandboxProcessOptions): SandboxProcess =>
  openSandbox({ ...options, output: options.output === "inherit" ? "inherit" : "piped" }).run(options);

/** The same in two steps: making namespaces takes time that others can use to find out what to run in them. */
export function openSandbox(options: OpenSandboxOptions): OpenSandbox {
  const { networkNamespace, output, stdin } = options;
  const [program = "", ...args] = [
    ...(networkNamespace === undefined ? [] : ["nsenter", `--net=${networkNamespace}`, "--"]),
    ...["setpriv", "--pdeathsig", "KILL"],
    ...["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"],
    ...[...options.namespaces, "sh", "-c", waitForScript(options.ahead)],
  ];
  const seen = options.seesNetwork === true ? fs.openSync("/proc/self/ns/net", "r") : undefined;
  const child = spawn(program, args, {
    cwd: "/",
    env: options.environment,
    stdio: [
      stdin === "hold" ? "pipe" : stdin,
      ...(output === "inherit" ? (["inherit", "inherit"] as const) : (["ignore", "pipe"] as const)),
      "pipe",
      ...(seen === undefined ? [] : (["ignore", seen] as const)),
    ],
    detached: true,
  });
  if (seen !== undefined) fs.closeSync(seen);
  const exited = exitOf(child);
  // Whoever runs something in it gets it.
  exited.catch(() => undefined);
  const lines = new LineCount(child.stdio[3] as Duplex);
  let isUsed = false;
  return {
    pid: child.pid,
    ready: lines.reached(readyLine),
    prepare: (script) => send(child.stdio[3] as Duplex, script),
    run: (work) => {
      isUsed = true;
      return runIn(child, exited, lines, work);
    },
    dismiss: () => {
      if (!isUsed) child.stdio[3]?.destroy();
    },
  };
}

/** The lines that a sandbox writes to descriptor 3: that it is there, that its script wants to be answered, that all is set up. */
const [readyLine, askingLine, setUpLine] = [1, 2, 3];

/**
 * Reads scripts, each line by line up to one that was named first, and is them. Shells read their input bytewise, so nothing that
 * comes after it is lost; a parent that died ends the reading, and nothing is run. Builtins alone: the environment may be the
 * command's, with a PATH that has none of our programs.
 */
const waitForScript = (ahead = ""): string => `_tsdock_next() {
IFS= read -r _tsdock_end <&3 || exit 1
_tsdock_script=
while IFS= read -r _tsdock_line <&3; do
  [ "$_tsdock_line" != "$_tsdock_end" ] || return 0
  _tsdock_script="$_tsdock_script$_tsdock_line
"
done
exit 1
}
echo >&3
${ahead === "" ? "" : `set -e\n${ahead}\nset +e`}
while _tsdock_next; do eval "$_tsdock_script"; done`;

/** The line that ends a script comes first. */
function send(socket: Duplex, script: string): void {
  const end = randomHex(8);
  socket.write(`${end}\n${script}\n${end}\n`);
}

function runIn(
  child: ChildProcess,
  exited: Promise<number>,
  lines: LineCount,
  { script, directory, payload, output, prepare }: SandboxWork,
): SandboxProcess {
  const socket = child.stdio[3] as Duplex;
  send(
    socket,
    `unset -f _tsdock_next\nunset _tsdock_line _tsdock_end _tsdock_script\ncd ${quote(directory)}\n${script}\nexit`,
  );
  let pipes: PipeReaders | undefined;
  const answer = async (): Promise<void> => {
    socket.write(payload);
    try {
      if (output !== "inherit") pipes = readPipes(directory, output);
      if (child.pid !== undefined) await prepare?.(child.pid);
      socket.write("go\n");
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
  const isAsked = output !== "inherit" && havePipes(directory);
  const prepared = isAsked ? answer() : lines.reached(askingLine).then(answer);
  // Whoever waits for the exit gets it.
  prepared.catch(() => undefined);
  // What the programs around the script complain about.
  const said = output === "inherit" ? undefined : pass(child.stderr, "stderr", output);
  const ended = exited.then((exitCode) => ({ exitCode, isSetUp: lines.count >= setUpLine }));
  return {
    send: (signal) => sendTo(child, signal),
    pid: child.pid,
    isSetUp: lines.reached(setUpLine),
    ended,
    exit: ended.then(async (exit) => {
      await Promise.all([isAsked || lines.count >= askingLine ? prepared : undefined, said]);
      await pipes?.end();
      return exit;
    }),
  };
}

/** Counts the lines, all of them empty, that come through a socket. */
class LineCount {
  count = 0;
  readonly #waiting: { readonly line: number; readonly resolve: () => void }[] = [];

  constructor(socket: Duplex) {
    socket.on("data", (chunk: Buffer) => {
      this.count += chunk.length;
      for (const { line, resolve } of this.#waiting) if (this.count >= line) resolve();
    });
    // The script ended before it read everything: its exit code and its log tell why.
    socket.on("error", () => socket.destroy());
  }

  reached(line: number): Promise<void> {
    if (this.count >= line) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ line, resolve }));
  }
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

/** proc(5), /proc/pid/task/tid/children: of all threads, since a runtime in Go starts a container from any of its own. */
export function childrenOf(pid: number): number[] {
  return readUnlessGone(() => fs.readdirSync(`/proc/${pid}/task`)).flatMap((thread) =>
    readUnlessGone(() => fs.readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" "))
      .filter((part) => part !== "")
      .map(Number),
  );
}

function readUnlessGone(read: () => readonly string[]): readonly string[] {
  try {
    return read();
  } catch (error) {
    // It ended before, or while it was read.
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return [];
    throw error;
  }
}
