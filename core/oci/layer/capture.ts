import { lstatSync, lutimesSync, readdirSync, readlinkSync, rmSync, type Stats } from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { comparePaths, nativePath, showPath } from "./byte-path.ts";
import { type ByteString, joinPath, type LayerEntry, toByteString } from "./entry.ts";
import { opaqueEntry, whiteoutEntry } from "./whiteout.ts";
import { isOverlayXattr, readXattrs } from "./xattrs.ts";

export interface CaptureOptions {
  /** Later times become this: seconds since 1970. */
  readonly clampTime?: number;
  /** Captures these paths alone; nothing else is looked at or touched. Parents of wanted paths must be wanted. */
  readonly only?: (path: ByteString) => boolean;
  /** Leaves a path out, and all below it. */
  readonly discard?: (path: ByteString) => boolean;
  /** Makes the directory itself agree with the entries: later times are set back, what is left out is removed. */
  readonly clampOnDisk?: boolean;
}

type Found = readonly LayerEntry[] | "left out";

const isType = (stats: Stats, type: number): boolean => (stats.mode & 0o170000) === type;
const directoryType = 0o040000;
const symlinkType = 0o120000;

/** glibc's makedev, the other way round. */
const majorOf = (rdev: number): number => Math.floor(rdev / 2 ** 8) % 2 ** 12;
const minorOf = (rdev: number): number => (rdev % 2 ** 8) + Math.floor(rdev / 2 ** 20) * 2 ** 8;

/** One walk over a directory of ours. */
class Capture {
  readonly #root: ByteString;
  readonly #options: CaptureOptions;
  readonly #isUpper: boolean;
  readonly #entries: LayerEntry[] = [];

  constructor(directory: string, options: CaptureOptions, isUpper: boolean) {
    this.#root = toByteString(directory);
    this.#options = options;
    this.#isUpper = isUpper;
  }

  /** The names of each inode that has several. */
  readonly #links = new Map<string, ByteString[]>();

  run(): LayerEntry[] {
    this.#directory("");
    this.#entries.sort((a, b) => comparePaths(a.path, b.path));
    return this.#links.size === 0 ? this.#entries : this.#joinLinks();
  }

  #absolute(path: ByteString): ByteString {
    return path === "" ? this.#root : `${this.#root}/${path}`;
  }

  #directory(path: ByteString): void {
    for (const name of readdirSync(nativePath(this.#absolute(path)), { encoding: "latin1" })) {
      const child = joinPath(path, name);
      if (this.#options.only?.(child) === false) continue;
      const stats = lstatSync(nativePath(this.#absolute(child)));
      const found = this.#capture(child, stats);
      if (found === "left out") {
        if (this.#options.clampOnDisk)
          rmSync(nativePath(this.#absolute(child)), { recursive: true, force: true });
        continue;
      }
      this.#entries.push(...found);
      if (isType(stats, directoryType)) this.#directory(child);
      this.#clamp(child, stats);
    }
  }

  #capture(path: ByteString, stats: Stats): Found {
    if (this.#options.discard?.(path)) return "left out";
    const rdev = stats.rdev;
    if (this.#isUpper && isType(stats, 0o020000) && rdev === 0) return [whiteoutEntry(path)];
    const { xattrs, opaque } = this.#xattrs(path);
    const time = Math.floor(stats.mtimeMs / 1000);
    const mtime = Math.min(time, this.#options.clampTime ?? time);
    const base = { path, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, mtime, ...xattrs };
    if (isType(stats, directoryType))
      return [{ ...base, type: "directory" }, ...(opaque ? [opaqueEntry(path)] : [])];
    const entry = this.#entry(base, stats);
    if (entry === undefined) return "left out";
    if (stats.nlink > 1) this.#note(path, stats);
    return [entry];
  }

  #entry(base: Omit<Extract<LayerEntry, { type: "fifo" }>, "type">, stats: Stats): LayerEntry | undefined {
    const absolute = this.#absolute(base.path);
    switch (stats.mode & 0o170000) {
      case 0o100000:
        return { ...base, type: "file", size: stats.size, content: { path: absolute } };
      case symlinkType:
        return {
          ...base,
          mode: 0o777,
          type: "symlink",
          target: readlinkSync(nativePath(absolute), { encoding: "latin1" }),
        };
      case 0o020000:
        return { ...base, type: "character", major: majorOf(stats.rdev), minor: minorOf(stats.rdev) };
      case 0o060000:
        return { ...base, type: "block", major: majorOf(stats.rdev), minor: minorOf(stats.rdev) };
      case 0o010000:
        return { ...base, type: "fifo" };
      default:
        // A socket means nothing without the process that listens.
        return undefined;
    }
  }

  #note(path: ByteString, stats: Stats): void {
    const key = `${stats.dev}:${stats.ino}`;
    const names = this.#links.get(key);
    if (names === undefined) this.#links.set(key, [path]);
    else names.push(path);
  }

  #xattrs(path: ByteString): { xattrs: { xattrs?: ReadonlyMap<string, Uint8Array> }; opaque: boolean } {
    const all = readXattrs(this.#absolute(path));
    if (all === undefined) return { xattrs: {}, opaque: false };
    let opaque = false;
    for (const [name, value] of all) {
      if (!isOverlayXattr(name)) continue;
      all.delete(name);
      const what = name.slice(name.lastIndexOf(".") + 1);
      if (what === "opaque") opaque = this.#isUpper && value[0] === 0x79;
      if (this.#isUpper && (what === "redirect" || what === "metacopy")) throw indirect(path, name);
    }
    return { xattrs: all.size === 0 ? {} : { xattrs: all }, opaque };
  }

  #joinLinks(): LayerEntry[] {
    const target = new Map<ByteString, ByteString>();
    for (const names of this.#links.values()) {
      const [first = "", ...others] = names.sort(comparePaths);
      for (const name of others) target.set(name, first);
    }
    return this.#entries.map((entry) => {
      const first = target.get(entry.path);
      if (first === undefined) return entry;
      const { path, mode, uid, gid, mtime } = entry;
      return { path, mode, uid, gid, mtime, type: "hardlink", target: first };
    });
  }

  #clamp(path: ByteString, stats: Stats): void {
    const { clampOnDisk, clampTime } = this.#options;
    if (!clampOnDisk || clampTime === undefined || stats.mtimeMs <= clampTime * 1000) return;
    lutimesSync(nativePath(this.#absolute(path)), clampTime, clampTime);
  }
}

const indirect = (path: ByteString, name: string): TsdockError =>
  new TsdockError(
    "LAYER_UNREPRESENTABLE",
    `${showPath(path)} bears ${name}: its content is in another layer`,
    {
      hint: "mount the overlay with redirect_dir=off,metacopy=off",
    },
  );

/**
 * What a process changed, from the upper directory of its overlay: character devices 0/0 are whiteouts, opaque
 * directories get their marker, attributes of overlayfs are dropped, sockets are left out, hard links found by inode,
 * names taken as bytes. The root itself is not among the entries. Sorted. `directory` is absolute, ours and not mounted.
 * Error `LAYER_UNREPRESENTABLE` for upper directories that refer to lower ones (`redirect_dir`, `metacopy`).
 */
export const captureUpper = (directory: string, options: CaptureOptions): LayerEntry[] =>
  new Capture(directory, options, true).run();

/** The files of an ordinary tree of ours, in the same way; a character device 0/0 is one. */
export const captureTree = (directory: string, options: CaptureOptions = {}): LayerEntry[] =>
  new Capture(directory, options, false).run();
