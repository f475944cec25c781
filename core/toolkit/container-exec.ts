import { HostTools } from "../build/native/host-tools.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { execInContainer } from "../run/exec-in-container.ts";
import { environmentEntry, readEnvironmentFile } from "../run/options/parse-environment.ts";
import { requireContainer } from "./container-operations.ts";
import type { Host } from "./host.ts";

export interface ExecRequest {
  readonly container: string;
  readonly argv: readonly string[];
  readonly detach: boolean;
  readonly interactive: boolean;
  readonly tty: boolean;
  readonly inputIsTerminal: boolean;
  readonly env: readonly string[];
  readonly envFiles: readonly string[];
  readonly user: string | undefined;
  readonly workdir: string | undefined;
}

/** Runs a command in a container with the streams of this process. Gives its exit code. */
export async function execInOne(request: ExecRequest, host: Host): Promise<number> {
  const { detach, interactive, tty, argv, user, workdir } = request;
  if (detach && tty) {
    throw new TsdockError("USAGE", "a command that is left to itself has no terminal", {
      hint: "leave out -t, or -d",
    });
  }
  if (interactive && tty && !request.inputIsTerminal) {
    throw new TsdockError("USAGE", "the input device is not a terminal", { hint: "leave out -t" });
  }
  if (workdir?.startsWith("/") === false) {
    throw new TsdockError("USAGE", `--workdir ${workdir} is no absolute path`, {
      hint: `write --workdir /${workdir}`,
    });
  }
  if (argv.length === 0)
    throw new TsdockError("USAGE", "there is no command to run", { hint: "tsdock exec CONTAINER COMMAND" });
  const { container, record } = await requireContainer(request.container, host);
  const files = request.envFiles.flatMap((file) => readEnvironmentFile(file, host.cwd, host.env));
  return execInContainer({
    container,
    record,
    tools: new HostTools(host.env["PATH"]),
    argv,
    env: [...files, ...request.env.flatMap((entry) => environmentEntry(entry, host.env))],
    user,
    workdir,
    detach,
    terminal: tty,
    stdin: interactive ? "inherit" : "ignore",
    output: "inherit",
  });
}
