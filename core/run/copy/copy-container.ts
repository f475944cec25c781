import { spawn } from "node:child_process";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { receivedError } from "../../build/native/child-protocol.ts";
import type { HostTools } from "../../build/native/host-tools.ts";
import { childrenOf } from "../../build/native/start-sandbox.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { sourceLoader } from "../../oci/layer/layer-pool.ts";
import { acquireLock } from "../../oci/store/lock.ts";
import { isRunning } from "../stop-container.ts";
import type { ContainerDirectory } from "../state/container-directory.ts";
import type { CopyTask, FromCopier } from "./copy-task.ts";

export interface CopyContainerOptions extends Omit<CopyTask, "running" | "id" | "searchPath"> {
  readonly container: ContainerDirectory;
  readonly tools: HostTools;
  readonly searchPath: string;
  readonly signal: AbortSignal;
}

/**
 * Copies files between a container, running or not, and this machine; streams are those of this process. Gives the bytes
 * of a tar of them. Errors are those of `copyFiles`, `EXECUTOR_FAILED`.
 */
export async function copyContainer(options: CopyContainerOptions): Promise<number> {
  const { container, signal } = options;
  if (isRunning(container)) return await copyRunning(options);
  // Nobody starts or removes it meanwhile: two mounts of one overlay would spoil it.
  await using _lock = await acquireLock(container.file("lock"), signal);
  if (isRunning(container)) return await copyRunning(options);
  const user = process.geteuid?.() === 0 ? [] : ["--user", "--map-root-user", "--map-auto"];
  return await run(["unshare", ...user, "--mount", "--"], options, undefined);
}

async function copyRunning(options: CopyContainerOptions): Promise<number> {
  const { pid, pidStart, sandboxPid } = options.container.state();
  const [sandbox] = sandboxPid === undefined ? [] : childrenOf(sandboxPid);
  if (pid === undefined || pidStart === undefined || sandbox === undefined) {
    throw new TsdockError("CONTAINER_NOT_RUNNING", `the container ${options.name} is just being started`, {
      hint: "copy again in a moment",
    });
  }
  const entrance =
    process.geteuid?.() === 0
      ? []
      : ["nsenter", "--target", String(sandbox), "--user", "--preserve-credentials", "--"];
  return await run(entrance, options, { pid, start: pidStart });
}

function run(
  entrance: readonly string[],
  { container, tools, signal, ...task }: CopyContainerOptions,
  running: CopyTask["running"],
): Promise<number> {
  const [program = process.execPath, ...args] = [...entrance, process.execPath, ...script()];
  const child = spawn(program, args, {
    cwd: "/",
    env: { ...tools.environment },
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  child.send({ ...task, id: container.id, running } satisfies CopyTask, () => undefined);
  return new Promise<number>((resolve, reject) => {
    child.once("message", (message: FromCopier) => {
      if (message.type === "copied") resolve(message.bytes);
      else reject(receivedError(message.error));
    });
    child.once("error", reject);
    child.once("close", () => reject(signal.aborted ? (signal.reason as Error) : endedEarly()));
  }).finally(() => signal.removeEventListener("abort", kill));
}

function script(): readonly string[] {
  const bundled = fileURLToPath(new URL("./copier.js", import.meta.url));
  if (fs.existsSync(bundled)) return [bundled];
  return ["--import", sourceLoader(), fileURLToPath(new URL("./copier.ts", import.meta.url))];
}

const endedEarly = (): TsdockError =>
  new TsdockError("EXECUTOR_FAILED", "the process that copies files ended early", {
    hint: "if nobody ended it, the machine may have run out of memory: see its log",
  });
