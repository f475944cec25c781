import path from "node:path";
import { pathToFileURL } from "node:url";
import { nativeImport } from "../../core/analyze/loading/native-import.ts";
import type { Terminal } from "../../core/cli/command.ts";
import { type CliResult, CliWorkspace } from "./cli.ts";

const built = pathToFileURL(path.resolve(import.meta.dirname, "../../dist/command-line.js")).href;

/** The command that was given last, of whatever workspace. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Its `run` and `json` run the built command line in the process of the test, which has loaded it once; `start` still starts the
 * program. For commands that neither read standard input nor give theirs to others, run as this user and get no signals. They
 * wait for each other: modules that one process loads at once share their params.
 */
export class InProcessWorkspace extends CliWorkspace {
  override run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
    const result = last.then(() => this.#run(args, env));
    last = result.catch(() => undefined);
    return result;
  }

  async #run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<CliResult> {
    const { runCommandLine } = (await nativeImport(
      built,
    )) as typeof import("../../core/cli/run-command-line.ts");
    const written = { stdout: "", stderr: "" };
    const exitCode = await runCommandLine(args, {
      cwd: this.directory,
      env: this.environment(env),
      terminal: recording(written),
      interrupts: () => ({
        signal: new AbortController().signal,
        handOver: () => ({ [Symbol.dispose]() {} }),
      }),
    });
    return { exitCode, ...written };
  }
}

/** As where both streams are pipes. */
const recording = (written: { stdout: string; stderr: string }): Terminal => ({
  out: (text) => {
    written.stdout += text;
  },
  err: (text) => {
    written.stderr += text;
  },
  interactive: false,
  color: false,
  columns: () => 80,
  inputIsTerminal: false,
  write: (stream, chunk) => {
    written[stream] += Buffer.from(chunk).toString("utf8");
  },
});
