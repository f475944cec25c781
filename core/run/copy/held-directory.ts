import fs from "node:fs";
import { nativePath } from "../../oci/layer/byte-path.ts";
import type { ByteString } from "../../oci/layer/entry.ts";

/** A descriptor that only names a file (open(2)); the same number on all machines that Node runs on. */
const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = fs.constants;

/**
 * One name in a directory that is held open: whatever others do to the tree meanwhile, it is that directory. Nothing of
 * this path but its last part may be a link, and calls that follow a last link must not be given it.
 */
export const inHeld = (directory: number, name: ByteString): string | Buffer =>
  nativePath(`/proc/self/fd/${directory}/${name}`);

/** The file of a descriptor itself, also of one that only names it. */
export const heldFile = (descriptor: number): string => `/proc/self/fd/${descriptor}`;

/** Holds a directory of this machine; links are followed. */
export const holdDirectory = (path: string): number => fs.openSync(path, O_PATH | O_DIRECTORY);

/** Holds a directory in one that is held; fails on a link (`ENOTDIR`, `ELOOP`). */
export const holdChild = (directory: number, name: ByteString): number =>
  fs.openSync(inHeld(directory, name), O_PATH | O_DIRECTORY | O_NOFOLLOW);

/** Names anything but the target of a link. */
export const holdFile = (directory: number, name: ByteString): number =>
  fs.openSync(inHeld(directory, name), O_PATH | O_NOFOLLOW);

/** A held directory, open for changes of its owner, mode and times. */
export const openHeld = (directory: number): number =>
  fs.openSync(`/proc/self/fd/${directory}/.`, O_RDONLY | O_DIRECTORY);

export const statIn = (directory: number, name: ByteString): fs.Stats | undefined =>
  fs.lstatSync(inHeld(directory, name), { throwIfNoEntry: false });

/** One file, whatever its names are. */
export const fileKey = ({ dev, ino }: fs.Stats): string => `${dev}:${ino}`;
