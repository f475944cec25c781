import { TsdockError } from "../errors/tsdock-error.ts";

export interface GitOptions {
  /** Whose variables git gets, without those that point it to another repository. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly cwd?: string | undefined;
  /** What to do where git fails. */
  readonly hint: string;
  /** What it reads. */
  readonly input?: string;
}

/** No question is asked: not by git, not by ssh. */
const silence = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "true",
  SSH_ASKPASS: "false",
  SSH_ASKPASS_REQUIRE: "force",
  LC_ALL: "C",
};

/** What git sets for hooks and aliases: a build that runs in one must not work on the repository around it. */
const ofAnotherRepository =
  /^GIT_(?:DIR|WORK_TREE|IMPLICIT_WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|PREFIX|NAMESPACE|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|NO_REPLACE_OBJECTS|CONFIG|CONFIG_PARAMETERS)$/;

/** What git prints, as text. No hook runs. Errors `GIT_MISSING`, `GIT_FAILED`. */
export const runGit = async (args: readonly string[], options: GitOptions): Promise<string> =>
  (await runGitBytes(args, options)).toString("utf8");

/** The same as bytes. */
export async function runGitBytes(args: readonly string[], options: GitOptions): Promise<Buffer> {
  // Not loaded by who never asks git.
  const { spawn } = await import("node:child_process");
  return new Promise((resolve, reject) => {
    const child = spawn(
      "git",
      ["-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", ...args],
      {
        cwd: options.cwd,
        env: environment(options.env),
        stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
        signal: options.signal,
      },
    );
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
    // It may end before it has read everything: its exit code says why.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(Buffer.from(options.input ?? "", "latin1"));
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? missing(error) : error),
    );
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(out));
      else reject(failed(args, code, Buffer.concat(err).toString("utf8"), options.hint));
    });
  });
}

const environment = (env: GitOptions["env"]): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !ofAnotherRepository.test(name))),
  ...silence,
});

const missing = (cause: unknown): TsdockError =>
  new TsdockError("GIT_MISSING", "git is not installed", {
    hint: "install git, or say in another way what git would know",
    cause,
  });

function failed(args: readonly string[], code: number | null, details: string, hint: string): TsdockError {
  const command = args[0] === "-C" ? args[2] : args[0];
  return new TsdockError("GIT_FAILED", `git ${command ?? ""} ended with ${code ?? "a signal"}`, {
    details,
    hint,
  });
}
