import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { HostTools } from "../build/native/host-tools.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { ContainerDirectory } from "./state/container-directory.ts";
import type { ContainerRecord } from "./state/container-record.ts";
import { nameLink } from "./state/container-names.ts";
import { tellWaiters } from "./state/waiters.ts";
import { unlessRemoved } from "./state/unless-removed.ts";

/**
 * Removes a container that does not run: its name first, its files last, so that one whose removal was interrupted is
 * found by `reclaimContainers`.
 */
export async function removeContainer(
  home: string,
  container: ContainerDirectory,
  { volumes }: { readonly volumes: boolean },
): Promise<void> {
  const record = container.record();
  const aside = await unlessRemoved(container, () => {
    const state = container.state();
    if (state.status !== "removing") container.writeState({ ...state, status: "removing" });
    tellWaiters(home, container.id, state.exitCode);
    if (record !== undefined) unlinkName(nameLink(home, record.name), container.id);
    const place = path.join(path.dirname(container.path), `.removed-${container.id}`);
    fs.renameSync(container.path, place);
    return place;
  });
  if (aside !== undefined) await removeFiles(aside);
  if (volumes && record !== undefined) await removeAnonymousVolumes(home, record);
}

async function removeAnonymousVolumes(home: string, { mounts }: ContainerRecord): Promise<void> {
  for (const mount of mounts) {
    if (mount.type !== "volume" || !mount.anonymous) continue;
    const { Volumes } = await import("./volumes/volumes.ts");
    const all = new Volumes(home, removeFiles);
    if (all.has(mount.name) && all.users(mount.name).length === 0) await all.remove(mount.name);
  }
}

function unlinkName(link: string, id: string): void {
  try {
    if (path.basename(fs.readlinkSync(link)) === id) fs.unlinkSync(link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** What `rmSync` does in a third of its time, where nothing is special; false where something is. */
function removedPlainly(directory: string): boolean {
  try {
    // A name that is no text would be another one.
    for (const entry of fs.readdirSync(directory, { withFileTypes: true, encoding: "latin1" })) {
      const place = `${directory}/${entry.name}`;
      if (!entry.isDirectory()) fs.unlinkSync(place);
      else if (!removedPlainly(place)) return false;
    }
    fs.rmdirSync(directory);
    return true;
  } catch {
    // `rmSync` tries again, and tells what cannot be.
    return false;
  }
}

/** Files of a rootless container belong to users of its namespace: there they are removed where we may not. */
export async function removeFiles(directory: string): Promise<void> {
  try {
    if (!removedPlainly(directory)) fs.rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM") throw error;
    const tools = new HostTools();
    const { status, stderr } = spawnSync(
      "unshare",
      ["--user", "--map-root-user", "--map-auto", "rm", "-rf", "--", directory],
      { env: { ...tools.environment }, encoding: "utf8" },
    );
    if (status === 0) return;
    throw new TsdockError("EXECUTOR_FAILED", `${directory} cannot be removed: ${stderr.trim()}`, {
      hint: "remove it as root",
    });
  }
}
