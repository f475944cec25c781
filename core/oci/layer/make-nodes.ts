import { spawnSync } from "node:child_process";
import { TsdockError } from "../../errors/tsdock-error.ts";
import type { LayerEntry } from "./entry.ts";
import { packLayer } from "./pack-layer.ts";

export type SpecialEntry = Extract<LayerEntry, { type: "character" | "block" | "fifo" }>;

/** A search path of our own: nothing of the caller's environment reaches the child. */
const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

/**
 * Makes device nodes and fifos, which Node cannot: one child process of the system's `tar` for all of them, fed with an
 * archive of nothing else. (`mknod` would be a process for each, and cannot take every name.) Their parents must be
 * directories that were checked; owners, modes and times are the caller's to set.
 * Error `LAYER_UNREPRESENTABLE` where the system refuses.
 */
export function makeSpecialNodes(directory: string, nodes: readonly SpecialEntry[]): void {
  if (nodes.length === 0) return;
  const chunks: Buffer[] = [];
  const plain = nodes.map((node) => ({ ...node, mode: 0o600, uid: 0, gid: 0, mtime: 0 }));
  packLayer(plain, (chunk) => chunks.push(Buffer.from(chunk)));
  const { status, stderr, error } = spawnSync("tar", ["-x", "-o", "-f", "-", "-C", directory], {
    input: Buffer.concat(chunks),
    env: environment,
    stdio: ["pipe", "ignore", "pipe"],
  });
  if (status === 0) return;
  const reason = error?.message ?? stderr.toString().trim();
  throw new TsdockError(
    "LAYER_UNREPRESENTABLE",
    `${nodes.length} device nodes or whiteouts of a layer cannot be made`,
    {
      hint: "the file system or the sandbox that tsdock runs in does not allow them, or there is no tar on this machine",
      details: reason,
      cause: error,
    },
  );
}
