import { spawnSync } from "node:child_process";
import path from "node:path";
import type { HostTools } from "../../build/native/host-tools.ts";
import { overlayLines, quote } from "../../build/native/sandbox-script.ts";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { isInitialNamespace } from "../../build/native/initial-namespace.ts";
import { clearRoot, planContainer } from "../sandbox/plan-container.ts";
import type { ContainerDirectory } from "../state/container-directory.ts";
import type { ContainerRecord } from "../state/container-record.ts";

/**
 * Mounts the files of a container that does not run, with its volumes, in the mount namespace of this process, which is
 * its own. Whoever calls holds the container's lock. Gives their root.
 */
export async function mountStopped(
  container: ContainerDirectory,
  record: ContainerRecord,
  tools: HostTools,
): Promise<string> {
  const directory = container.file("root");
  const rootless = !isInitialNamespace();
  await clearRoot(directory);
  const plan = planContainer(record, {
    directory,
    capabilities: [],
    rootless,
    files: [],
    init: [],
    memory: undefined,
  });
  const merged = path.join(directory, "merged");
  const sources = new Set(record.mounts.flatMap((mount) => (mount.type === "tmpfs" ? [] : [mount.source])));
  const binds = plan.mounts.filter(({ type, source }) => type === "bind" && sources.has(source));
  const lines = binds.flatMap(({ source, destination, options }) => {
    const place = quote(path.join(merged, destination));
    const bind = `mount --bind ${quote(source)} ${place}`;
    return options.includes("ro") ? [bind, `mount -o remount,bind,ro ${place}`] : [bind];
  });
  const script = ["set -e", ...overlayLines(plan, rootless), ...lines].join("\n");
  const { status, stderr, error } = spawnSync("sh", ["-c", script], {
    cwd: directory,
    env: { ...tools.environment },
    encoding: "utf8",
  });
  if (status === 0) return merged;
  throw new TsdockError("EXECUTOR_FAILED", "the files of the container cannot be mounted", {
    details: error?.message ?? stderr.trim(),
    hint: "`tsdock doctor` tells what this machine allows",
  });
}
