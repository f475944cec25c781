import {
  closeSync,
  constants,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { comparePaths, nativePath, normalizeEntryPath } from "./byte-path.ts";
import { type ByteString, joinPath } from "./entry.ts";
import { MetadataSetter } from "./entry-metadata.ts";
import { linkToNothing } from "./link-heads.ts";
import { lstatOrNothing, SafeRoot } from "./safe-root.ts";
import { makeSpecialNodes, type SpecialEntry } from "./make-nodes.ts";
import { invalidTar } from "./tar-header.ts";
import type { TarMember } from "./tar-members.ts";
import { TarWindow } from "./tar-window.ts";
import type { UnpackOptions, UnpackReport } from "./unpack-options.ts";
import { writeFailed } from "./write-failed.ts";
import { markerOf } from "./whiteout.ts";
import { setXattr } from "./xattrs.ts";

const yes = Buffer.from("y");

/** Writes the members of one archive below one directory. */
export class Unpacker {
  readonly #root: SafeRoot;
  readonly #window: TarWindow;
  readonly #options: UnpackOptions;
  readonly #metadata: MetadataSetter;
  readonly #skipped: { path: ByteString; reason: string }[] = [];
  readonly #whiteouts = new Set<ByteString>();
  readonly #opaque = new Set<ByteString>();
  readonly #directories = new Map<ByteString, TarMember>();
  readonly #special = new Map<ByteString, TarMember>();
  #bytes = 0;

  constructor(fd: number, directory: string, options: UnpackOptions) {
    this.#root = new SafeRoot(directory);
    this.#window = new TarWindow(fd);
    this.#options = options;
    const prefix = this.#root.path.length + 1;
    this.#metadata = new MetadataSetter(options.clampTime, (path, reason) =>
      this.#skip(path.slice(prefix), reason),
    );
  }

  unpack(members: readonly TarMember[]): UnpackReport {
    const ordinary = members.filter((member) => !this.#takeMarker(member));
    if (this.#options.whiteouts === "apply") this.#applyWhiteouts();
    for (const member of ordinary) {
      try {
        this.#place(member);
      } catch (error) {
        throw writeFailed(member.path, error);
      }
    }
    this.#makeSpecial();
    this.#finishDirectories();
    return {
      entries: ordinary.length,
      bytes: this.#bytes,
      skipped: this.#skipped,
      implicitDirectories: [...this.#root.implicit],
    };
  }

  #skip(path: ByteString, reason: string): void {
    this.#skipped.push({ path, reason });
  }

  #takeMarker(member: TarMember): boolean {
    const marker = markerOf(member.path);
    if (marker?.type === "whiteout") this.#whiteouts.add(marker.path);
    else if (marker?.type === "opaque") this.#opaque.add(marker.path);
    return marker !== undefined;
  }

  /** Whiteouts speak of layers below: they come before all entries, wherever they are in the archive. */
  #applyWhiteouts(): void {
    for (const path of this.#whiteouts) if (this.#root.hasParents(path)) this.#root.remove(path);
    for (const path of this.#opaque) {
      if (!this.#root.hasParents(joinPath(path, "x"))) continue;
      const names = readdirSync(nativePath(this.#root.absolute(path)), { encoding: "latin1" });
      for (const name of names) this.#root.remove(joinPath(path, name));
    }
  }

  #place(member: TarMember): void {
    const { path, type } = member;
    if (path === "") {
      if (type !== "5") throw invalidTar("the root is not a directory", member.headerOffset);
      this.#directories.set("", member);
      return;
    }
    this.#root.prepareParents(path);
    if (type === "5") this.#placeDirectory(member);
    else if (type === "0") this.#placeFile(member);
    else if (type === "1") this.#placeLink(member);
    else if (type === "2") this.#placeSymlink(member);
    else this.#placeSpecial(member);
  }

  /** Removes an earlier file of the name, or an earlier directory with all that is in it. */
  #clear(path: ByteString): void {
    this.#root.remove(path);
    this.#special.delete(path);
    if (!this.#directories.delete(path)) return;
    for (const map of [this.#directories, this.#special]) {
      for (const known of map.keys()) if (known.startsWith(`${path}/`)) map.delete(known);
    }
  }

  /** Makes something that must not be there yet; whatever is there gives way. */
  #make<T>(path: ByteString, make: (target: string | Buffer) => T): T {
    const target = nativePath(this.#root.absolute(path));
    try {
      return make(target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    this.#clear(path);
    return make(target);
  }

  #placeDirectory(member: TarMember): void {
    const { path } = member;
    const isThere = lstatOrNothing(this.#root.absolute(path))?.isDirectory() === true;
    // Open to us until all is written: the archive's mode comes last.
    if (!isThere) this.#make(path, (target) => mkdirSync(target, 0o700));
    this.#root.know(path);
    this.#special.delete(path);
    this.#directories.set(path, member);
  }

  #placeFile(member: TarMember): void {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const fd = this.#make(member.path, (target) =>
      openSync(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
    );
    this.#special.delete(member.path);
    try {
      this.#writeContent(fd, member);
      this.#metadata.ofDescriptor(fd, this.#root.absolute(member.path), member);
    } finally {
      closeSync(fd);
    }
  }

  #writeContent(fd: number, member: TarMember): void {
    const segments = member.sparse ?? [{ at: 0, offset: member.dataOffset, size: member.size }];
    for (const { at, offset, size } of segments) {
      let position = at;
      this.#window.read(offset, size, (piece) => {
        for (let done = 0; done < piece.length; )
          done += writeSync(fd, piece, done, piece.length - done, position + done);
        position += piece.length;
      });
      this.#bytes += size;
    }
    if (member.sparse !== undefined) ftruncateSync(fd, member.size);
  }

  /** The link shares the target's owner, mode and time: nothing is set through it. `link(2)` follows no symbolic link. */
  #placeLink(member: TarMember): void {
    const target = normalizeEntryPath(member.linkTarget);
    if (target === member.path) return;
    const waiting = this.#special.get(target);
    if (waiting !== undefined) {
      this.#special.set(member.path, { ...waiting, path: member.path });
      return;
    }
    const stats = this.#root.hasParents(target) ? lstatOrNothing(this.#root.absolute(target)) : undefined;
    if (target === "" || stats === undefined || stats.isDirectory())
      throw linkToNothing({ path: member.path, target });
    this.#make(member.path, (path) => linkSync(nativePath(this.#root.absolute(target)), path));
  }

  #placeSymlink(member: TarMember): void {
    if (member.linkTarget === "") throw invalidTar("a symbolic link has no target", member.headerOffset);
    this.#make(member.path, (target) => symlinkSync(nativePath(member.linkTarget), target));
    this.#special.delete(member.path);
    this.#metadata.ofPath(this.#root.absolute(member.path), member, true);
  }

  #placeSpecial(member: TarMember): void {
    const device = member.type !== "6";
    if (device && member.major === 0 && member.minor === 0 && member.type === "3") {
      this.#skip(member.path, "a character device 0/0 would be a whiteout");
      return;
    }
    if (device && !this.#options.privileged) {
      this.#skip(member.path, "device nodes cannot be made without privilege");
      return;
    }
    if (lstatOrNothing(this.#root.absolute(member.path)) !== undefined) this.#clear(member.path);
    this.#special.set(member.path, member);
  }

  /** Devices, fifos and whiteouts, all at once: see `makeSpecialNodes`. */
  #makeSpecial(): void {
    const nodes: SpecialEntry[] = [];
    for (const member of this.#special.values()) nodes.push(specialEntry(member));
    if (this.#options.whiteouts !== "apply") {
      for (const path of this.#whiteouts) {
        this.#root.prepareParents(path);
        const stats = lstatOrNothing(this.#root.absolute(path));
        // A directory that replaces one of the layers below shows nothing of that one.
        if (stats?.isDirectory() === true) this.#opaque.add(path);
        else if (stats === undefined && !this.#special.has(path)) nodes.push(whiteoutNode(path));
      }
    }
    makeSpecialNodes(Buffer.from(this.#root.path, "latin1").toString(), nodes);
    for (const member of this.#special.values()) {
      this.#metadata.ofPath(this.#root.absolute(member.path), member, false);
    }
    if (this.#options.whiteouts !== "apply") this.#markOpaque();
  }

  #markOpaque(): void {
    const name = this.#options.whiteouts === "overlay" ? "trusted.overlay.opaque" : "user.overlay.opaque";
    for (const path of this.#opaque) {
      this.#root.prepareParents(joinPath(path, "x"));
      if (!setXattr(this.#root.absolute(path), name, yes)) this.#skip(path, `${name} cannot be set`);
    }
  }

  /**
   * Last, deepest first: writing below a directory changes its time, and its mode may lock us out. The root of a lower
   * directory is the layer's own, whatever umask and time it was made at.
   */
  #finishDirectories(): void {
    const implicit = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
    const root = this.#options.whiteouts === "apply" ? [] : [""];
    const paths = [...new Set([...root, ...this.#directories.keys(), ...this.#root.implicit])];
    for (const path of paths.sort((x, y) => comparePaths(y, x))) {
      this.#metadata.ofDirectory(this.#root.absolute(path), this.#directories.get(path) ?? implicit);
    }
  }
}

function specialEntry({ path, type, mode, uid, gid, mtime, major, minor }: TarMember): SpecialEntry {
  const base = { path, mode, uid, gid, mtime };
  if (type === "6") return { ...base, type: "fifo" };
  return { ...base, type: type === "3" ? "character" : "block", major, minor };
}

const whiteoutNode = (path: ByteString): SpecialEntry => ({
  path,
  type: "character",
  mode: 0o600,
  uid: 0,
  gid: 0,
  mtime: 0,
  major: 0,
  minor: 0,
});
