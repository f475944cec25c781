import { closeSync, mkdirSync, openSync } from "node:fs";
import { runInWorker } from "./layer-pool.ts";
import { readTarMembers } from "./tar-members.ts";
import type { UnpackOptions, UnpackReport } from "./unpack-options.ts";
import { Unpacker } from "./unpacker.ts";

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

export type { UnpackOptions, UnpackReport } from "./unpack-options.ts";
