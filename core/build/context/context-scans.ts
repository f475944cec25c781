import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";
import type { EventSink } from "../../events.ts";
import type { ByteString } from "../../oci/layer/entry.ts";
import type { StateFiles } from "../../oci/store/contract.ts";
import type { DirectoryListings } from "../../util/directory-listings.ts";
import type { FileOverlay } from "../../util/file-overlay.ts";
import { ContextTree } from "./context-tree.ts";
import { IgnoreMatcher, parseIgnoreFile } from "./ignore-patterns.ts";
import { decodeStatCache, encodeStatCache } from "./stat-cache.ts";

const ignoreFile = ".dockerignore";
/**
 * The record of a release is written beside the sources and never part of them, or publishing would change what is
 * published; `!tsdock-release.json` in `.dockerignore` takes it in again.
 */
const neverCopied = ["**/tsdock-release.json"];

/** The contexts of a build: each is looked at once, however many images copy from it. */
export class ContextScans {
  readonly #state: StateFiles;
  readonly #emit: EventSink;
  readonly #trees = new Map<string, ContextTree>();
  readonly #overlay: FileOverlay | undefined;
  readonly #listings: DirectoryListings | undefined;
  readonly #ignores = new Map<string, IgnoreMatcher>();

  constructor(options: {
    readonly state: StateFiles;
    readonly emit: EventSink;
    /** Directories that were read already. */
    readonly listings?: DirectoryListings | undefined;
    /** The contexts as they were. */
    readonly overlay?: FileOverlay;
  }) {
    this.#state = options.state;
    this.#emit = options.emit;
    this.#overlay = options.overlay;
    this.#listings = options.listings;
  }

  /** `directory` is absolute. Errors `IGNORE_PATTERN_INVALID`, `FILE_UNREADABLE`. */
  tree(directory: string): ContextTree {
    const existing = this.#trees.get(directory);
    if (existing !== undefined) return existing;
    const ignore = this.#ignore(directory);
    const known = decodeStatCache(this.#state.get(stateKey(directory)));
    const tree = new ContextTree({
      directory,
      ignore,
      known,
      emit: this.#emit,
      listings: this.#listings,
      overlay: this.#overlay,
    });
    this.#trees.set(directory, tree);
    return tree;
  }

  /** Whether `.dockerignore` hides a path of a context. */
  ignoredIn(directory: string): (path: ByteString) => boolean {
    return (path) => this.#ignore(directory).ignores(path);
  }

  #ignore(directory: string): IgnoreMatcher {
    const ignore = this.#ignores.get(directory) ?? readIgnoreFile(directory, this.#overlay);
    this.#ignores.set(directory, ignore);
    return ignore;
  }

  /** Keeps what was learnt for later runs: at the end of a build, also of one that failed. */
  save(): void {
    for (const [directory, tree] of this.#trees) {
      const known = tree.known();
      if (known !== undefined) this.#state.put(stateKey(directory), encodeStatCache(known));
    }
  }
}

const stateKey = (directory: string): string => `context ${directory}`;

/** The rules of a context's `.dockerignore`; none where there is no such file. */
export function readIgnoreFile(directory: string, overlay?: FileOverlay): IgnoreMatcher {
  const file = path.join(directory, ignoreFile);
  let bytes: Uint8Array;
  try {
    const read = overlay === undefined ? readThere(file) : overlay.read(overlaid(file));
    if (read === undefined) return new IgnoreMatcher(neverCopied, file);
    bytes = read;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return new IgnoreMatcher(neverCopied, file);
    throw new TsdockError("FILE_UNREADABLE", `cannot read ${file}: ${code ?? ""}`, {
      hint: "make it readable, or remove it",
      cause: error,
    });
  }
  try {
    return new IgnoreMatcher([...neverCopied, ...parseIgnoreFile(bytes)], file);
  } catch (error) {
    throw isTsdockError(error) ? at(wrongLine(bytes), file, error) : error;
  }
}

/** Most contexts have no such file: asking costs less than an error. */
const readThere = (file: string): Uint8Array | undefined =>
  statSync(file, { throwIfNoEntry: false }) === undefined ? undefined : readFileSync(file);

/** The patterns that leave files of a context out: those of its `.dockerignore` and what is never copied. */
export function ignorePatterns(directory: string): readonly string[] {
  readIgnoreFile(directory);
  const file = path.join(directory, ignoreFile);
  const own = existsSync(file) ? parseIgnoreFile(readFileSync(file)) : [];
  return [...neverCopied, ...own].map((pattern) => Buffer.from(pattern, "latin1").toString("utf8"));
}

/** Overlays know real paths. */
const overlaid = (file: string): string => {
  const directory = path.dirname(file);
  return existsSync(directory) ? path.join(realpathSync(directory), path.basename(file)) : file;
};

const at = (line: number, file: string, { code, message, hint }: TsdockError): TsdockError =>
  new TsdockError(code, message, { place: { file, line, column: 1 }, hint });

/** The first line that is no valid pattern, counted from 1. */
function wrongLine(bytes: Uint8Array): number {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  const isWrong = (line: string): boolean => {
    try {
      new IgnoreMatcher(parseIgnoreFile(Buffer.from(line, "latin1")), ignoreFile);
      return false;
    } catch (error) {
      if (!isTsdockError(error)) throw error;
      return true;
    }
  };
  return Math.max(1, lines.findIndex(isWrong) + 1);
}
