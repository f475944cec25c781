import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  openSync,
} from "node:fs";
import { nativePath } from "./byte-path.ts";
import type { ByteString } from "./entry.ts";
import { isOverlayXattr, setXattr } from "./xattrs.ts";

export interface Metadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

const setIds = 0o6000;

/**
 * Gives files the owner, mode, attributes and time of their entries, in this order: chown takes set-id bits and
 * capabilities away. Never through a symbolic link. Paths are absolute.
 */
export class MetadataSetter {
  readonly #clampTime: number;
  readonly #skip: (path: ByteString, reason: string) => void;
  /** Only root (of the machine or of a user namespace) gives files away. */
  readonly #owns = process.geteuid?.() === 0;

  constructor(clampTime: number | undefined, skip: (path: ByteString, reason: string) => void) {
    this.#clampTime = clampTime ?? Number.POSITIVE_INFINITY;
    this.#skip = skip;
  }

  /** For an open file or directory. */
  ofDescriptor(fd: number, path: ByteString, metadata: Metadata): void {
    if (this.#owns) fchownSync(fd, metadata.uid, metadata.gid);
    fchmodSync(fd, this.#mode(metadata));
    this.#setXattrs(path, metadata);
    const time = this.#time(metadata);
    futimesSync(fd, time, time);
  }

  ofDirectory(path: ByteString, metadata: Metadata): void {
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
    const fd = openSync(nativePath(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      this.ofDescriptor(fd, path, metadata);
    } finally {
      closeSync(fd);
    }
  }

  /** For what cannot be opened: links, which have no mode, and devices and fifos, which were just made. */
  ofPath(path: ByteString, metadata: Metadata, isLink: boolean): void {
    const target = nativePath(path);
    if (this.#owns) lchownSync(target, metadata.uid, metadata.gid);
    if (!isLink) chmodSync(target, this.#mode(metadata));
    this.#setXattrs(path, metadata);
    const time = this.#time(metadata);
    lutimesSync(target, time, time);
  }

  #setXattrs(path: ByteString, { xattrs }: Metadata): void {
    for (const [name, value] of xattrs ?? []) {
      if (isOverlayXattr(name)) this.#skip(path, `${name} belongs to overlayfs`);
      else if (!setXattr(path, name, value)) this.#skip(path, `${name} cannot be set`);
    }
  }

  /** A set-id file that belongs to another user than the archive says would give away the wrong identity. */
  #mode({ mode, uid, gid }: Metadata): number {
    const isGiven = this.#owns || (uid === process.geteuid?.() && gid === process.getegid?.());
    return isGiven ? mode : mode & ~setIds;
  }

  #time({ mtime }: Metadata): number {
    return Math.min(mtime, this.#clampTime);
  }
}
