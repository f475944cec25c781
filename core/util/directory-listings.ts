import { statSync, readdirSync, type Stats } from "node:fs";
import { seal, unseal } from "./sealed-bytes.ts";
import { isSettled } from "./settled.ts";
import { hasSteadyTimes } from "./steady-times.ts";

/** What a directory holds, in byte order: names are bytes as latin1 text. Symbolic links are files here. */
export interface Listing {
  readonly files: readonly string[];
  readonly directories: readonly string[];
  /** Sockets and the like. */
  readonly others: readonly string[];
}

/** What `stat` says of a directory whose names are the same while this is. */
type Stamp = Pick<Stats, "dev" | "ino" | "mtimeMs" | "ctimeMs">;

interface Kept {
  readonly stamp: Stamp;
  /** Of kept bytes only what is asked for is made text of. */
  readonly listing: () => Listing;
  /** Whether its times are to be trusted in another run. */
  readonly lasts: boolean;
}

const format = "tsdock directories 1";

/**
 * Directories that one part of a run, or an earlier run, has read and another will want to know. Nothing is given that is no longer
 * so: a directory whose times changed, or had changed just before it was read, is read again.
 */
export class DirectoryListings {
  readonly #earlier: ReadonlyMap<string, Kept>;
  readonly #kept = new Map<string, Kept>();
  readonly #steady = new Map<number, boolean>();
  #isNew = false;

  /** @param state what `state` of an earlier run gave */
  constructor(state?: Uint8Array) {
    this.#earlier = decode(state);
  }

  /** What a directory holds. `path` is absolute; errors are those of `readdirSync`. */
  read(path: string): Listing {
    const readAt = Date.now();
    const stamp = statSync(path);
    const earlier = this.#earlier.get(path);
    const isKnown = earlier !== undefined && isSame(earlier.stamp, stamp);
    const listing = isKnown ? earlier.listing() : readListing(path);
    if (!isKnown && !isSettled(stamp, readAt)) return listing;
    const lasts = isKnown || this.#isSteady(path, stamp);
    this.#kept.set(path, { stamp, listing: () => listing, lasts });
    this.#isNew ||= lasts && !isKnown;
    return listing;
  }

  /** The names in a directory in byte order, read unless they are known. A path that is no text is bytes. */
  names(path: string | Buffer): readonly string[] {
    const kept = typeof path === "string" ? this.#kept.get(path) : undefined;
    if (kept === undefined || !isSame(kept.stamp, statSync(path, { throwIfNoEntry: false })))
      return readdirSync(path, { encoding: "latin1" }).sort();
    const { files, directories, others } = kept.listing();
    return directories.length + others.length === 0 ? files : [...files, ...directories, ...others].sort();
  }

  /** What later runs may know of the directories that were read; undefined where an earlier run's knowledge is as good. */
  state(): Uint8Array | undefined {
    return this.#isNew ? encode([...this.#kept].filter(([, { lasts }]) => lasts)) : undefined;
  }

  #isSteady(path: string, { dev }: Stamp): boolean {
    const known = this.#steady.get(dev) ?? hasSteadyTimes(path);
    this.#steady.set(dev, known);
    return known;
  }
}

function readListing(path: string): Listing {
  const files: string[] = [];
  const directories: string[] = [];
  const others: string[] = [];
  for (const entry of readdirSync(path, { encoding: "latin1", withFileTypes: true })) {
    const { name } = entry;
    if (entry.isDirectory()) directories.push(name);
    else (entry.isFile() || entry.isSymbolicLink() ? files : others).push(name);
  }
  return { files: files.sort(), directories: directories.sort(), others: others.sort() };
}

const isSame = (then: Stamp, now: Stamp | undefined): boolean =>
  then.ino === now?.ino &&
  then.dev === now.dev &&
  then.mtimeMs === now.mtimeMs &&
  then.ctimeMs === now.ctimeMs;

const fields = 5;
const listed = (names: readonly string[]): string => names.join("/");
const unlisted = (names: string): readonly string[] => (names === "" ? [] : names.split("/"));

/** Five fields for each directory, NULs between them: its path, its stamp, and the names of each kind, which hold no `/`. */
function encode(directories: readonly (readonly [path: string, Kept])[]): Uint8Array {
  const texts = directories.flatMap(([path, { stamp, listing }]) => {
    const { dev, ino, mtimeMs, ctimeMs } = stamp;
    const { files, directories, others } = listing();
    const bytes = Buffer.from(path).toString("latin1");
    return [
      bytes,
      [dev, ino, mtimeMs, ctimeMs].join(" "),
      listed(files),
      listed(directories),
      listed(others),
    ];
  });
  return seal(format, [Buffer.from(texts.join("\0"), "latin1")]);
}

function decode(state: Uint8Array | undefined): ReadonlyMap<string, Kept> {
  const kept = new Map<string, Kept>();
  const texts = unseal(format, state)?.toString("latin1").split("\0") ?? [];
  for (let at = 0; at + fields <= texts.length; at += fields) {
    const [path = "", stamp = "", files = "", directories = "", others = ""] = texts.slice(at, at + fields);
    const [dev = 0, ino = 0, mtimeMs = 0, ctimeMs = 0] = stamp.split(" ").map(Number);
    const listing = (): Listing => ({
      files: unlisted(files),
      directories: unlisted(directories),
      others: unlisted(others),
    });
    const text = Buffer.from(path, "latin1").toString();
    kept.set(text, { stamp: { dev, ino, mtimeMs, ctimeMs }, listing, lasts: true });
  }
  return kept;
}
