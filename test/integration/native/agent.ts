import { type ChildProcess, fork } from "node:child_process";
import { chmodSync, chownSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sourceLoader } from "../../../core/oci/layer/layer-pool.ts";
import type { OtherUser } from "../../support/other-user.ts";
import { temporaryDirectory } from "./support.ts";
import type { AgentAnswer, AgentTask } from "./user-agent.ts";

/** A temporary directory of that user. */
export function directoryOf(user: OtherUser): string {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  if (process.geteuid?.() === 0) chownSync(directory, user.uid, user.gid);
  return directory;
}

/** Starts a process, of that user unless it is undefined, with an executor. */
export function startAgent(user: OtherUser | undefined, task: AgentTask): ChildProcess {
  const identity = user === undefined || process.geteuid?.() !== 0 ? {} : { uid: user.uid, gid: user.gid };
  const agent = fork(fileURLToPath(new URL("./user-agent.ts", import.meta.url)), [], {
    ...identity,
    execArgv: ["--import", sourceLoader()],
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  agent.send(task);
  return agent;
}

/** What it did. Throws what it could not do. */
export async function runAgent(
  user: OtherUser | undefined,
  task: AgentTask,
): Promise<Extract<AgentAnswer, { type: "done" }>> {
  const agent = startAgent(user, task);
  const exit = new Promise((resolve) => agent.once("exit", resolve));
  const answer = await new Promise<AgentAnswer>((resolve, reject) => {
    agent.on("message", (message) => {
      if ((message as AgentAnswer).type !== "begun") resolve(message as AgentAnswer);
    });
    agent.once("exit", (code) => reject(new Error(`the agent ended with ${code}`)));
  });
  await exit;
  if (answer.type !== "done")
    throw new Error(answer.type === "failed" ? `${answer.code}: ${answer.message}` : answer.type);
  return answer;
}
