import { spawnSync } from "node:child_process";
import type { HostTools } from "../../build/native/host-tools.ts";

/**
 * Gives a terminal the size of another; runtimes do not (crun 1.8 passes SIGWINCH on and leaves the size as it is). The kernel
 * tells those who are at it. The first of `from` that is a terminal counts; where none is there is no size to give.
 */
export function copyTerminalSize(
  { from, to }: { readonly from: readonly string[]; readonly to: string },
  tools: HostTools,
): void {
  const stty = (...args: readonly string[]): string | undefined => {
    const { status, stdout } = spawnSync("stty", args, { env: { ...tools.environment }, encoding: "utf8" });
    return status === 0 ? stdout.trim() : undefined;
  };
  for (const terminal of from) {
    const [rows = "", columns = ""] = stty("-F", terminal, "size")?.split(" ") ?? [];
    if (Number(rows) === 0 || Number(columns) === 0) continue;
    // A command that ended meanwhile has no terminal any more.
    stty("-F", to, "rows", rows, "cols", columns);
    return;
  }
}

/** Our own streams, which may be terminals. */
export const ownStreams: readonly string[] = [0, 1, 2].map((number) => `/proc/${process.pid}/fd/${number}`);
