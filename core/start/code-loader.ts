import fs from "node:fs";
import path from "node:path";
import url from "node:url";
import vm from "node:vm";

/*
 * The modules of the installed tsdock, as functions that V8 keeps compiled between runs: reading and compiling them anew takes longer than
 * most commands. `dist/NAME.js` gives what `dist/code/NAME` makes; see docs/decisions/0029. One instance of each, whoever asks.
 */

type Exports = Readonly<Record<string, unknown>>;
/** What a file below `code` evaluates to. */
type Code = (
  load: (name: string) => Exports,
  importModule: (specifier: string) => Promise<unknown>,
  meta: ImportMeta,
) => Exports;

/** Stands for the bytes of all files below `code`. */
declare const CODE_ID: string;

const directory = import.meta.dirname;
const loaded = new Map<string, Exports>();
const scripts = new Map<string, vm.Script>();

/** What a module exports: `name` is its file's, below `dist`. */
export function load(name: string): Exports {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const exports = compile(name)(load, importModule, metaOf(name));
  loaded.set(name, exports);
  return exports;
}

function compile(name: string): Code {
  // The text is ASCII.
  const text = fs.readFileSync(path.join(directory, "code", name), "latin1");
  const cachedData = kept?.code(name);
  const script = new vm.Script(text, {
    filename: path.join(directory, name),
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  scripts.set(name, script);
  return script.runInThisContext() as Code;
}

/** Of packages and of what cannot be loaded here, seen from `dist`. */
const importModule = (specifier: string): Promise<unknown> => import(specifier);

/** What the module `dist/NAME` sees as `import.meta`. */
function metaOf(name: string): ImportMeta {
  const filename = path.join(directory, name);
  return {
    filename,
    dirname: path.dirname(filename),
    get url() {
      return url.pathToFileURL(filename).href;
    },
  } as ImportMeta;
}

/**
 * Compiled code in a file: what it is for, a line of JSON, then the bytes. All of it is there twice, since V8 dies of damaged code: to compare is faster
 * than to load what makes checksums.
 */
type Places = Readonly<Record<string, readonly [start: number, end: number]>>;

/** Compiled code is only for this very text and program. */
const made = Buffer.from(`${CODE_ID} ${process.version} ${process.arch}\n`);

class KeptCode {
  readonly #file: string;
  readonly #codes = new Map<string, Buffer>();

  constructor(file: string) {
    this.#file = file;
    const bytes = readOwn(file);
    if (bytes === undefined || !bytes.subarray(0, made.length).equals(made) || !isTwice(bytes)) return;
    const end = bytes.indexOf("\n", made.length) + 1;
    const places = JSON.parse(bytes.toString("latin1", made.length, end)) as Places;
    for (const [name, [from, to]] of Object.entries(places))
      this.#codes.set(name, bytes.subarray(end + from, end + to));
  }

  code(name: string): Buffer | undefined {
    return this.#codes.get(name);
  }

  /** Writes what was compiled in this process beside what was kept before. */
  save(): void {
    const isNew = [...scripts].some(
      ([name, script]) => !this.#codes.has(name) || script.cachedDataRejected === true,
    );
    if (!isNew) return;
    for (const [name, script] of scripts) this.#codes.set(name, script.createCachedData());
    let size = 0;
    const places: Record<string, readonly [number, number]> = {};
    for (const [name, { length }] of this.#codes) places[name] = [size, (size += length)];
    const line = `${JSON.stringify(places satisfies Places)}\n`;
    const once = [made, Buffer.from(line), ...this.#codes.values()];
    write(this.#file, Buffer.concat([...once, ...once]));
  }
}

let kept: KeptCode | undefined;

/** Uses code that is kept in the store for this way of using tsdock, and will keep it. Nothing is made where there is no store. */
export function keepCode(store: string, way: string): void {
  kept = new KeptCode(path.join(store, "compiled", way));
}

/** Keeps what this process compiled. */
export const saveCode = (): void => kept?.save();

function isTwice(bytes: Buffer): boolean {
  const half = bytes.length / 2;
  return bytes.subarray(0, half).equals(bytes.subarray(half));
}

/** Only what this user alone may write: it is executed as it is. */
function readOwn(file: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(file, "r");
    const { uid, mode } = fs.fstatSync(descriptor);
    return uid === process.geteuid?.() && (mode & 0o22) === 0 ? fs.readFileSync(descriptor) : undefined;
  } catch {
    // Not kept yet, or not to be read: it is compiled.
    return undefined;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** Whole and on the disk before it has its name: V8 trusts it. */
function write(file: string, bytes: Buffer): void {
  // The numbers of processes are not unique where several namespaces share a store.
  const temporary = `${file}.${process.pid}-${process.hrtime.bigint()}`;
  try {
    if (!fs.existsSync(path.dirname(path.dirname(file)))) return;
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(temporary, bytes, { flush: true, mode: 0o600 });
    fs.renameSync(temporary, file);
  } catch {
    // A store that cannot be written costs time only; whoever needs to write there says why it cannot.
    removeIfThere(temporary);
  }
}

function removeIfThere(file: string): void {
  try {
    fs.unlinkSync(file);
  } catch {
    // It was never made: the directory is another's.
  }
}
