import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { captureTree, captureUpper } from "../../oci/layer/capture.ts";
import { fromByteString, toByteString } from "../../oci/layer/entry.ts";
import { packLayerToFile } from "../../oci/layer/pack-layer.ts";
import { unpackLayer } from "../../oci/layer/unpack-layer.ts";
import type { SandboxMount } from "../../oci/runtime/sandbox.ts";
import { LowerTree } from "./lower-tree.ts";
import { settleOwner } from "./settle-owner.ts";

/** A mount that is a copy, since nothing can be mounted. */
export interface PlacedMount {
  /** Without a slash at either end, as paths in a layer. */
  readonly path: string;
  /** Where what the command left is copied back to. */
  readonly back?: string;
}

const apply = { whiteouts: "apply", privileged: true } as const;

/** Makes a plain directory of a stack of snapshots. `tar` is a file to work with. */
export function copyTree(lower: readonly string[], directory: string, tar: string): void {
  fs.mkdirSync(directory, { recursive: true });
  fs.chmodSync(directory, 0o755);
  for (const snapshot of lower) {
    packLayerToFile(captureUpper(snapshot, {}), tar);
    unpackLayer(tar, directory, apply);
  }
}

/** Copies a directory with everything in it over another. */
function copyDirectory(from: string, to: string, tar: string): void {
  packLayerToFile(captureTree(from), tar);
  unpackLayer(tar, to, apply);
  const { uid, gid, mode } = fs.statSync(from);
  fs.chownSync(to, uid, gid);
  fs.chmodSync(to, mode & 0o7777);
}

/** Puts copies of what a command mounts where it expects them. */
export function placeMounts(
  mounts: readonly SandboxMount[],
  root: string,
  tar: string,
): readonly PlacedMount[] {
  return mounts.map((mount) => place(mount, root, tar));
}

function place(mount: SandboxMount, root: string, tar: string): PlacedMount {
  const { path: resolved } = new LowerTree([root]).resolve(toByteString(mount.target));
  const target = fromByteString(resolved).slice(1);
  const at = path.join(root, target);
  fs.rmSync(at, { recursive: true, force: true });
  fs.mkdirSync(path.dirname(at), { recursive: true });
  switch (mount.type) {
    case "file":
      fs.writeFileSync(at, mount.content, { mode: 0o600 });
      fs.chownSync(at, mount.uid, mount.gid);
      fs.chmodSync(at, mount.mode & 0o7777);
      return { path: target };
    case "tmpfs":
      fs.mkdirSync(at);
      fs.chmodSync(at, 0o1777);
      return { path: target };
    case "bind":
      settleOwner(mount);
      copyIn(mount.source, at, tar);
      return mount.readonly ? { path: target } : { path: target, back: mount.source };
    case "tree":
      placeTree(mount, at, tar);
      return { path: target };
  }
}

function copyIn(source: string, at: string, tar: string): void {
  const stats = fs.statSync(source, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new TsdockError("MOUNT_SOURCE_MISSING", `${source} is to be mounted and is not there`, {
      hint: "correct the path, or create what it names",
    });
  }
  if (stats.isDirectory()) return copyDirectory(source, at, tar);
  fs.copyFileSync(source, at);
  fs.chownSync(at, stats.uid, stats.gid);
  fs.chmodSync(at, stats.mode & 0o7777);
}

function placeTree(mount: Extract<SandboxMount, { type: "tree" }>, at: string, tar: string): void {
  const whole = `${tar}.tree`;
  copyTree(mount.lower, whole, tar);
  const { path: resolved } = new LowerTree([whole]).resolve(toByteString(mount.path));
  copyIn(path.join(whole, fromByteString(resolved)), at, tar);
  fs.rmSync(whole, { recursive: true, force: true });
}

/** Copies back what the command may write to: a cache. */
export function returnMounts(mounts: readonly PlacedMount[], root: string, tar: string): void {
  for (const { path: target, back } of mounts) {
    if (back === undefined) continue;
    const at = path.join(root, target);
    if (!fs.statSync(at).isDirectory()) {
      fs.copyFileSync(at, back);
      continue;
    }
    for (const name of fs.readdirSync(back))
      fs.rmSync(path.join(back, name), { recursive: true, force: true });
    copyDirectory(at, back, tar);
  }
}
