import fs from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { nativePath, showPath } from "../../oci/layer/byte-path.ts";
import type { ByteString } from "../../oci/layer/entry.ts";
import { readXattrs } from "../../oci/layer/xattrs.ts";

/** A directory as overlayfs shows it: the snapshots that have it, topmost first. */
interface MergedDirectory {
  /** Without a slash at either end; `""` is the root. */
  readonly path: ByteString;
  readonly layers: readonly string[];
}

/** What a path leads to, links followed. */
export interface Resolved {
  /** Absolute, without links. */
  readonly path: ByteString;
  /** Absent where nothing is there. */
  readonly file?: {
    readonly type: "directory" | "other" /** Where it is on this machine, topmost first. */;
    readonly paths: readonly ByteString[];
  };
  /** How many parts of `path` from the root are there. */
  readonly present: number;
}

type Found =
  | { readonly type: "directory"; readonly directory: MergedDirectory }
  /** `link`: where a symbolic link leads. */
  | { readonly type: "other"; readonly path: ByteString; readonly link?: ByteString };

/** What was looked up in snapshots, which never change: given to another tree of the same ones, it need not look again. */
export interface TreeMemory {
  readonly found: Map<ByteString, Found | undefined>;
  /** By the absolute path of a file. */
  readonly attributes: Map<ByteString, readonly (readonly [name: string, value: Uint8Array])[]>;
}

export const emptyTreeMemory = (): TreeMemory => ({ found: new Map(), attributes: new Map() });

const maxLinks = 40;

/** overlayfs(5): a character device 0/0 hides what is below. */
export const isWhiteout = (stats: fs.Stats): boolean => stats.isCharacterDevice() && stats.rdev === 0;

/** An opaque directory hides those of its name below. */
export function isOpaque(path: ByteString): boolean {
  const attributes = readXattrs(path);
  if (attributes === undefined) return false;
  return ["trusted.overlay.opaque", "user.overlay.opaque"].some((name) => attributes.get(name)?.[0] === 0x79);
}

const partsOf = (path: ByteString): string[] => path.split("/").filter((part) => part !== "" && part !== ".");

/** A stack of snapshots read as overlayfs will show it, without mounting it. Synchronous; every lookup is made once. */
export class LowerTree {
  readonly #root: MergedDirectory;
  readonly #memory: TreeMemory;

  /** Absolute paths of this machine, lowest first. */
  constructor(lower: readonly string[], memory: TreeMemory = emptyTreeMemory()) {
    this.#memory = memory;
    const layers = lower.map((path) => Buffer.from(path, "utf8").toString("latin1")).reverse();
    this.#root = { path: "", layers };
  }

  /** Follows links, the last one too, and never leaves the tree. Error `TREE_LINK_LOOP`. */
  resolve(path: ByteString): Resolved {
    let links = 0;
    let rest = partsOf(path);
    let done: string[] = [];
    let directory: MergedDirectory | undefined = this.#root;
    const parents: MergedDirectory[] = [];
    let last: Found = { type: "directory", directory };
    while (rest.length > 0) {
      const [name = "", ...others] = rest;
      if (name === "..") {
        done.pop();
        directory = parents.pop() ?? this.#root;
        last = { type: "directory", directory };
        rest = others;
        continue;
      }
      const found: Found | undefined =
        last.type === "directory" ? this.#child(last.directory, name) : undefined;
      if (found === undefined)
        return { path: `/${normalize([...done, ...rest]).join("/")}`, present: done.length };
      rest = others;
      if (found.type === "other" && found.link !== undefined) {
        if (++links > maxLinks) throw linkLoop(path);
        const target = found.link;
        rest = [...partsOf(target), ...rest];
        if (target.startsWith("/")) {
          done = [];
          parents.length = 0;
          last = { type: "directory", directory: this.#root };
          directory = this.#root;
        }
        continue;
      }
      if (directory !== undefined) parents.push(directory);
      directory = found.type === "directory" ? found.directory : undefined;
      done.push(name);
      last = found;
    }
    const paths =
      last.type === "directory"
        ? last.directory.layers.map((layer) => under(layer, done.join("/")))
        : [last.path];
    return { path: `/${done.join("/")}`, file: { type: last.type, paths }, present: done.length };
  }

  /**
   * The text of a small file, as bytes; undefined where there is none. Pipes and devices are not read: they would keep us
   * waiting, or tell what is on this machine. Error `IMAGE_INVALID` where it is far too large.
   */
  read(path: ByteString): string | undefined {
    const { file } = this.resolve(path);
    const [place] = file?.paths ?? [];
    return file?.type === "other" && place !== undefined ? readRegular(place) : undefined;
  }

  #child(directory: MergedDirectory, name: string): Found | undefined {
    const path = directory.path === "" ? name : `${directory.path}/${name}`;
    const { found } = this.#memory;
    if (!found.has(path)) found.set(path, lookUp(directory.layers, path));
    return found.get(path);
  }

  /** Extended attributes of one of the `paths` that something was found at. */
  attributesOf(place: ByteString): readonly (readonly [name: string, value: Uint8Array])[] {
    const { attributes } = this.#memory;
    const known = attributes.get(place) ?? [...(readXattrs(place) ?? [])];
    attributes.set(place, known);
    return known;
  }
}

const largestText = 16 * 2 ** 20;

/** Who runs in the tree may put something else in its place meanwhile: what was opened is looked at. */
function readRegular(place: ByteString): string | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  if (!fs.lstatSync(nativePath(place)).isFile()) return undefined;
  const descriptor = fs.openSync(nativePath(place), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = fs.fstatSync(descriptor);
    if (!stats.isFile()) return undefined;
    if (stats.size <= largestText) return fs.readFileSync(descriptor, "latin1");
  } finally {
    fs.closeSync(descriptor);
  }
  throw new TsdockError("IMAGE_INVALID", `${showPath(place)} is larger than any list of users or groups`, {
    hint: "the image is damaged, or made to do harm",
  });
}

const under = (layer: ByteString, path: ByteString): ByteString => (path === "" ? layer : `${layer}/${path}`);

const linkOf = (stats: fs.Stats, place: ByteString): { readonly link?: ByteString } =>
  stats.isSymbolicLink() ? { link: fs.readlinkSync(nativePath(place), "latin1") } : {};

function lookUp(layers: readonly ByteString[], path: ByteString): Found | undefined {
  const directories: ByteString[] = [];
  for (const layer of layers) {
    const place = under(layer, path);
    const stats = fs.lstatSync(nativePath(place), { throwIfNoEntry: false });
    if (stats === undefined) continue;
    if (!stats.isDirectory()) {
      if (directories.length > 0 || isWhiteout(stats)) break;
      return { type: "other", path: place, ...linkOf(stats, place) };
    }
    directories.push(layer);
    if (isOpaque(place)) break;
  }
  return directories.length === 0
    ? undefined
    : { type: "directory", directory: { path, layers: directories } };
}

function normalize(parts: readonly string[]): string[] {
  const result: string[] = [];
  for (const part of parts) {
    if (part === "..") result.pop();
    else result.push(part);
  }
  return result;
}

const linkLoop = (path: ByteString): TsdockError =>
  new TsdockError("TREE_LINK_LOOP", `symbolic links lead in a circle on the way to ${showPath(path)}`, {
    hint: "look at the links that the path passes, with `tsdock image diff` or in a shell of the image",
  });
