import { dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Place } from "../errors/place.ts";

/** A place in the source that is worked out only when it is shown: source maps are not read on the way of a build that does nothing. */
export interface Site {
  /** Absolute path of the file that made the call; undefined where there is none (an eval). No source map is read. */
  file(): string | undefined;
  place(): Place | undefined;
}

/** Maps a position in code as it runs to the one in the code as it was written; undefined where nothing is known. */
export type SiteMapper = (place: Place) => Place | undefined;

let mapper: SiteMapper = (place) => place;

/** Installed once by whatever loads modules. */
export function setSiteMapper(map: SiteMapper): void {
  mapper = map;
}

/** Who called the helper that runs now. */
let outer: Site | undefined;

/** Calls a helper: what it declares in the package's own files alone (a plugin's helper) was written where the helper is called. */
export function calledAt<Result>(site: Site, helper: () => Result): Result {
  const before = outer;
  outer = site;
  try {
    return helper();
  } finally {
    outer = before;
  }
}

/** Where the helper was called that was ended while it ran: then nothing of it came to its end. */
export function interruptedCall(): Site | undefined {
  const site = outer;
  outer = undefined;
  return site;
}

/** `core/declare` when run from source, `dist` when bundled: frames of these files are never the author's. */
const ownDirectory = dirname(fileURLToPath(import.meta.url)) + sep;

/** Frames kept per call: those of the package's own helpers come first. */
const depth = 12;

interface Frame {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Remembers who called. V8 keeps raw frames only (about a microsecond); names and positions are made on demand.
 * The author's frame is the first that is not of the package's own files.
 */
export function captureSite(): Site {
  const holder: { stack?: unknown } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = depth;
  Error.captureStackTrace(holder, captureSite);
  Error.stackTraceLimit = limit;
  return new CapturedSite(holder, outer);
}

/** Where the author's code was when this was thrown; undefined where it is no error, or its stack was read before. */
export function thrownAt(error: unknown): Place | undefined {
  if (!(error instanceof Error)) return undefined;
  const frame = framesOf(error).find(({ file }) => !file.startsWith(ownDirectory) && !installed.test(file));
  return frame === undefined ? undefined : (mapper(frame) ?? frame);
}

const installed = /[/\\]node_modules[/\\]/;

class CapturedSite implements Site {
  #holder: { stack?: unknown } | undefined;
  #frame: Frame | undefined;
  readonly #outer: Site | undefined;

  constructor(holder: { stack?: unknown }, outer: Site | undefined) {
    this.#holder = holder;
    this.#outer = outer;
  }

  file(): string | undefined {
    return this.#authorFrame()?.file ?? this.#outer?.file();
  }

  place(): Place | undefined {
    const frame = this.#authorFrame();
    return frame === undefined ? this.#outer?.place() : (mapper(frame) ?? frame);
  }

  #authorFrame(): Frame | undefined {
    if (this.#holder !== undefined) {
      this.#frame = framesOf(this.#holder).find((frame) => !frame.file.startsWith(ownDirectory));
      this.#holder = undefined;
    }
    return this.#frame;
  }
}

function framesOf(holder: { stack?: unknown }): readonly Frame[] {
  const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  Error.prepareStackTrace = (_, sites) => sites;
  try {
    // Formatted by the first access, with whatever function is set then.
    const { stack } = holder;
    return Array.isArray(stack) ? (stack as readonly NodeJS.CallSite[]).flatMap(frameOf) : [];
  } finally {
    if (before === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
    else Object.defineProperty(Error, "prepareStackTrace", before);
  }
}

function frameOf(site: NodeJS.CallSite): readonly Frame[] {
  const name = site.getFileName();
  const file = name?.startsWith("file://")
    ? fileURLToPath(name.split(/[?#]/)[0] ?? name)
    : name?.split("?")[0];
  if (!file?.startsWith(sep)) return [];
  return [{ file, line: site.getLineNumber() ?? 1, column: site.getColumnNumber() ?? 1 }];
}
