import { spawnSync } from "node:child_process";
import os from "node:os";

export interface OtherUser extends Disposable {
  readonly uid: number;
  readonly gid: number;
}

const attempt = (program: string, ...args: string[]) => spawnSync(program, args, { encoding: "utf8" });

function system(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = attempt(program, ...args);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

/** Userdel's exit code for a user who has processes. */
const isBusy = 8;

/** The kernel takes a moment for processes that were killed; whether any are left is what tests look at themselves. */
function remove(name: string): void {
  const limit = Date.now() + 20_000;
  for (;;) {
    const { status, stderr } = attempt("userdel", name);
    if (status === 0) return;
    if (status !== isBusy || Date.now() > limit) throw new Error(`userdel ${name}: ${stderr}`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
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
    [Symbol.dispose]: () => remove(name),
  };
}
