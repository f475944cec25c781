import { spawn } from "node:child_process";
import { TsdockError } from "../errors/tsdock-error.ts";

export const engineNames = ["docker", "podman"] as const;
export type EngineName = (typeof engineNames)[number];

/** Another container engine, talked to through its own command line: whatever that is configured to reach. */
export interface Engine {
  readonly name: EngineName;
  /** Of the user: where the engine is, and who they are to it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

export interface EngineAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of an engine to its end. Error `ENGINE_UNAVAILABLE` where it is not installed. */
export function ask(
  engine: Engine,
  args: readonly string[],
  input?: AsyncIterable<Uint8Array>,
): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    const { name, env, cwd, signal } = engine;
    const child = spawn(name, args, {
      env: { ...env },
      cwd,
      signal,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    child.once("error", (error) => reject(notInstalled(name, error)));
    const fed = input === undefined ? Promise.resolve() : feed(child.stdin, input, signal);
    // It is waited for at its end; one that ended before it read everything says why itself.
    fed.catch(() => undefined);
    child.once("close", (status) => {
      const answer = { status: status ?? 1, ...output };
      if (answer.status === 0) fed.then(() => resolve(answer), reject);
      else resolve(answer);
    });
  });
}

async function feed(
  stdin: NodeJS.WritableStream | null,
  input: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  if (stdin === null) return;
  const { pipeline } = await import("node:stream/promises");
  await pipeline(input, stdin, { signal });
}

/** The same for one that must succeed; gives its standard output. Error `ENGINE_FAILED` with what it said. */
export async function mustAsk(
  engine: Engine,
  args: readonly string[],
  input?: AsyncIterable<Uint8Array>,
): Promise<string> {
  const answer = await ask(engine, args, input);
  if (answer.status === 0) return answer.stdout;
  throw engineFailure(engine, args, answer);
}

export function engineFailure(
  { name }: Engine,
  args: readonly string[],
  { status, stderr }: EngineAnswer,
): TsdockError {
  const said = stderr.trim();
  return new TsdockError(
    "ENGINE_FAILED",
    `${name} ${args.slice(0, 2).join(" ")} failed: ${said.split("\n")[0] || `exit code ${status}`}`,
    {
      details: said.split("\n").slice(1).join("\n") || undefined,
      hint: `see whether ${name} info works for this user; without --engine and --load nothing of ${name} is needed`,
    },
  );
}

export function notInstalled(name: EngineName, error: Error): Error {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") return error;
  return new TsdockError("ENGINE_UNAVAILABLE", `${name} is not in PATH`, {
    hint: `install ${name}, or leave out --engine and --load`,
    cause: error,
  });
}
