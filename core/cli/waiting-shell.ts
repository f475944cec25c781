import fs from "node:fs";

/**
 * The shell that `run -d` was called by: it started this process in the background and waits for SIGUSR1, or for its end. See
 * `shell-begin.ts`.
 */
export interface WaitingShell {
  /**
   * Prints and lets the shell go: whoever waits for the command goes on, and this process stays with another title, without streams and
   * out of everybody's directory. Nobody may have made a stream of its descriptors before.
   */
  readonly leave: (text: string, title: string) => void;
}

/** Undefined where somebody else started this process. Nothing that it starts is told. */
export function waitingShell(process: NodeJS.Process): WaitingShell | undefined {
  const pid = Number(process.env.TSDOCK_SHELL);
  delete process.env.TSDOCK_SHELL;
  if (pid !== process.ppid) return undefined;
  return {
    leave: (text, title) => {
      print(text);
      for (const descriptor of [0, 1, 2]) silence(descriptor);
      process.chdir("/");
      // What was on the command line must not be seen as long as a container lives.
      process.title = title;
      // A shell that was killed meanwhile had asked for the container.
      if (process.ppid === pid) process.kill(pid, "SIGUSR1");
    },
  };
}

/** To standard output, whatever it is. */
function print(text: string): void {
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    try {
      rest = rest.subarray(fs.writeSync(1, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Nobody wants to know any more.
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw error;
      // Somebody made it a pipe that does not wait.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** The lowest number that is free is the one that was just closed. */
function silence(descriptor: number): void {
  fs.closeSync(descriptor);
  const opened = fs.openSync("/dev/null", "r+");
  if (opened !== descriptor) throw new Error(`descriptor ${descriptor} is ${opened} now`);
}
