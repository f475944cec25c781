import fs from "node:fs";
import path from "node:path";
import { LowerTree } from "../../build/native/lower-tree.ts";
import { acquireLock } from "../../oci/store/lock.ts";
import { toByteString } from "../../oci/layer/entry.ts";
import { copyMerged } from "./copy-merged.ts";
import type { Volume } from "./volume-record.ts";

export interface FillVolumeOptions {
  readonly volume: Pick<Volume, "mountpoint">;
  /** Snapshot directories of the image, lowest first. */
  readonly lower: readonly string[];
  /** Absolute, in the image: where the volume will be. */
  readonly target: string;
}

/**
 * Puts what an image has at the place of a volume into it, if it is empty still, as docker does when a container is created:
 * files with owners, modes, times and attributes, and the owner and mode of the directory itself. To be called as root, or as
 * root of the user namespace in which the container will run. Two containers may do so at once; one that is killed half way
 * leaves nothing in the volume.
 */
export async function fillVolume(
  { volume, lower, target }: FillVolumeOptions,
  signal: AbortSignal,
): Promise<void> {
  const { mountpoint } = volume;
  if (!isEmpty(mountpoint)) return;
  const { file } = new LowerTree(lower).resolve(toByteString(target));
  if (file?.type !== "directory") return;
  const directory = path.dirname(mountpoint);
  await using _lock = await acquireLock(path.join(directory, "lock"), signal);
  const whole = path.join(directory, "whole");
  if (!fs.existsSync(whole)) {
    if (!isEmpty(mountpoint)) return;
    const partial = path.join(directory, "partial");
    fs.rmSync(partial, { recursive: true, force: true });
    copyMerged(file.paths, toByteString(partial));
    fs.renameSync(partial, whole);
  }
  moveInto(whole, mountpoint);
}

const isEmpty = (directory: string): boolean => fs.readdirSync(directory).length === 0;

/** The directory itself must stay: it may be mounted already. Names are bytes. */
function moveInto(from: string, to: string): void {
  const { uid, gid, mode, atime, mtime } = fs.statSync(from);
  for (const name of fs.readdirSync(from, { encoding: "buffer" })) {
    const at = (directory: string): Buffer => Buffer.concat([Buffer.from(`${directory}/`), name]);
    fs.renameSync(at(from), at(to));
  }
  fs.chownSync(to, uid, gid);
  fs.chmodSync(to, mode & 0o7777);
  fs.utimesSync(to, atime, mtime);
  fs.rmdirSync(from);
}
