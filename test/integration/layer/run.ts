import { execFileSync } from "node:child_process";

/** Runs a tool and gives what it says; throws if it fails. */
export const run = (
  program: string,
  args: readonly string[],
  options: { cwd?: string; input?: Buffer } = {},
): string =>
  execFileSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C", PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` },
    ...options,
  });
