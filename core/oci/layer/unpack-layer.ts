import { closeSync, mkdirSync, openSync } from "node:fs";
import type { ByteString } from "./entry.ts";
import { runInWorker } from "./layer-pool.ts";
import { readTarMembers } from "./tar-members.ts";
import { Unpacker } from "./unpacker.ts";

export interface UnpackOptions {
  /**
   * `overlay`: a lower directory for overlayfs: whiteouts are character devices 0/0, opaque directories bear
   * `trusted.overlay.opaque`; `overlay-userxattr`: the same with `user.overlay.opaque`, for mounts in a user namespace.
   * `apply`: whiteouts remove what layers unpacked earlier into the same directory have left.
   */
  readonly whiteouts: "overlay" | "overlay-userxattr" | "apply";
  /** Device nodes are made and attributes of the `trusted` class set. Else both are left out and reported. */
  readonly privileged: boolean;
  /** Later times are set to this: seconds since 1970. */
  readonly clampTime?: number;
}

export interface UnpackReport {
  readonly entries: number;
  /** Of file contents. */
  readonly bytes: number;
  /** What was left out, and why. */
  readonly skipped: readonly { readonly path: ByteString; readonly reason: string }[];
  /**
   * Directories that the layer has children of but no entry for: made with mode 755. On an overlay they hide the mode
   * and owner that layers below gave them.
   */
  readonly implicitDirectories: readonly ByteString[];
}

/**
 * Unpacks the uncompressed tar of one layer below `directory`, an absolute path, which is created. Never writes outside
 * it: `..`, absolute names, parents that are links, links to outside are refused or kept within. Attributes of overlayfs
 * that a layer carries are dropped. Owners are set where the process may (root, also that of a user namespace).
 * Synchronous; see `unpackLayerTo`.
 * Errors `LAYER_INVALID`, `LAYER_UNSAFE`, `LAYER_UNREPRESENTABLE`; what was written stays for the caller to remove.
 */
export function unpackLayer(tarFile: string, directory: string, options: UnpackOptions): UnpackReport {
  const members = readTarMembers(tarFile);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const fd = openSync(tarFile, "r");
  try {
    return new Unpacker(fd, directory, options).unpack(members);
  } finally {
    closeSync(fd);
  }
}

/** `unpackLayer` in a thread: the event loop stays free. On abort the signal's reason. */
export const unpackLayerTo = (
  tarFile: string,
  directory: string,
  options: UnpackOptions,
  signal: AbortSignal,
): Promise<UnpackReport> => runInWorker({ kind: "unpack", tarFile, directory, options }, signal);
