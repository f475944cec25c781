/** One thing that a command sees besides its root file system. Paths in the sandbox are absolute. */
export type SandboxMount =
  /** A directory or file of this machine. */
  | {
      readonly type: "bind";
      readonly source: string;
      readonly target: string;
      readonly readonly: boolean;
      /** What the source itself becomes before it is mounted; what is not named stays. For sources of our own. */
      readonly owner?: MountOwner;
    }
  /** A tree of snapshots, lowest first; writes are thrown away. */
  | {
      readonly type: "tree";
      readonly lower: readonly string[];
      readonly path: string;
      readonly target: string;
      readonly readonly: boolean;
    }
  | {
      readonly type: "tmpfs";
      readonly target: string;
      readonly size?: number;
      /** Of mount(8), instead of the usual ones. */
      readonly options?: readonly string[];
    }
  /** Bytes that exist only while the command runs, in memory. */
  | {
      readonly type: "file";
      readonly content: Uint8Array;
      readonly target: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

/** Numbers as in the sandbox. */
export interface MountOwner {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** setrlimit(2), as the runtime-spec has it. */
export interface ProcessLimit {
  /** `RLIMIT_NOFILE` */
  readonly type: string;
  /** -1 is no limit. */
  readonly soft: number;
  readonly hard: number;
}

/** A command and what it sees. */
export interface SandboxCommand {
  /** Unique among running commands; `[a-z0-9-]+`. */
  readonly id: string;
  readonly argv: readonly string[];
  /** `NAME=value`. Secrets are among them: never logged. */
  readonly env: readonly string[];
  readonly cwd: string;
  /** `user[:group]`; names are looked up in the tree. */
  readonly user: string;
  /** Supplementary groups besides those of the user: names are looked up in the tree. */
  readonly groups?: readonly string[];
  /** Of each process; those of the caller hold where there is none. */
  readonly rlimits?: readonly ProcessLimit[];
  readonly hostname: string;
  /** Snapshot directories, lowest first. */
  readonly lower: readonly string[];
  readonly mounts: readonly SandboxMount[];
  readonly network: SandboxNetwork;
}

/** `prepared`: that of the process that starts the runtime, which has a network namespace of its own by then. */
export type SandboxNetwork = "host" | "none" | "prepared";

/** Takes what a command writes. A promise holds the stream back until it settles. */
export type OutputSink = (stream: "stdout" | "stderr", chunk: Uint8Array) => void | Promise<void>;

/** A command whose tree is thrown away when it ends. */
export interface ContainerRequest extends SandboxCommand {
  /** `inherit`: this process's own standard input. */
  readonly stdin: "ignore" | "inherit";
  /** `inherit`: this process's own standard output and error. */
  readonly output: "inherit" | OutputSink;
  /** Gives the command a terminal of its own, connected to this process's; with `inherit` only. */
  readonly terminal: boolean;
  /** Called once, when signals can be sent to the command. */
  readonly onStart?: (send: (signal: NodeJS.Signals) => void) => void;
}

/** Where containers run. */
export interface Sandbox {
  /**
   * Runs a command until it ends and gives its exit code as a shell has it (128 + n for signal n; 126 and 127 where it
   * cannot be executed or is not there). Aborting sends TERM, then KILL; it resolves or rejects only when every process
   * is gone and nothing is mounted.
   */
  runContainer(request: ContainerRequest, signal: AbortSignal): Promise<number>;
}
