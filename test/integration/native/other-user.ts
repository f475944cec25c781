import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { chmodSync, chownSync } from "node:fs";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { sourceLoader } from "../../../core/oci/layer/layer-pool.ts";
import { temporaryDirectory } from "./support.ts";
import type { AgentAnswer, AgentTask } from "./user-agent.ts";

export interface OtherUser extends Disposable {
  readonly uid: number;
  readonly gid: number;
}

function system(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

let count = 0;

/** An ordinary user with subordinate ids, who is gone afterwards; this one where the tests do not run as root. */
export function otherUser(): OtherUser {
  const self = os.userInfo();
  if (self.uid !== 0) return { uid: self.uid, gid: self.gid, [Symbol.dispose]: () => undefined };
  const name = `tsdock${process.pid}x${count++}`;
  const first = 1_000_000 + (process.pid % 10_000) * 70_000;
  const range = `${first}-${first + 65_535}`;
  system("useradd", "--no-create-home", "--user-group", name);
  // Some systems give ranges to every new user, others to none.
  const given = spawnSync("grep", ["-q", `^${name}:`, "/etc/subuid"]).status === 0;
  if (!given) system("usermod", "--add-subuids", range, "--add-subgids", range, name);
  return {
    uid: Number(system("id", "-u", name)),
    gid: Number(system("id", "-g", name)),
    [Symbol.dispose]: () => void system("userdel", name),
  };
}

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
