import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { isMissing, storeError } from "../../oci/store/store-error.ts";
import type { Journal, JournalKeeper } from "./journal.ts";
import { formatJournal, parseJournal } from "./parse-journal.ts";

/** Journals of one workspace and destination that are kept. */
const kept = 50;

/** Ids sort by time. */
export const journalId = (now: Date): string =>
  `${now.toISOString().replaceAll(/[-:.]/g, "")}-${randomBytes(4).toString("hex")}`;

/** Journals in the store: `releases/KEY/ID.json`, a directory for each workspace and destination. */
export class StoredJournals implements JournalKeeper {
  readonly #directory: string;
  readonly #workspace: string;

  /** `store`, `workspace`: absolute. */
  constructor(store: string, workspace: string) {
    this.#directory = path.join(store, "releases");
    this.#workspace = workspace;
  }

  latest(destination: string): Promise<Journal | undefined> {
    const folder = this.#folder(destination);
    const newest = names(folder).at(-1);
    return Promise.resolve(newest === undefined ? undefined : readJournal(path.join(folder, newest)));
  }

  put(journal: Journal): Promise<void> {
    const folder = this.#folder(journal.destination);
    writeDurably(path.join(folder, `${journal.id}.json`), formatJournal(journal));
    for (const old of names(folder).slice(0, -kept)) fs.rmSync(path.join(folder, old), { force: true });
    return Promise.resolve();
  }

  #folder(destination: string): string {
    const key = createHash("sha256").update(`${this.#workspace}\n${destination}`).digest("hex");
    return path.join(this.#directory, key.slice(0, 32));
  }
}

/** A journal in a file that a user named: the same file for every release. */
export class JournalFile implements JournalKeeper {
  readonly #file: string;

  /** Absolute. */
  constructor(file: string) {
    this.#file = file;
  }

  latest(destination: string): Promise<Journal | undefined> {
    const journal = readJournal(this.#file);
    return Promise.resolve(journal?.destination === destination ? journal : undefined);
  }

  /** Whatever its destination. */
  read(): Journal | undefined {
    return readJournal(this.#file);
  }

  put(journal: Journal): Promise<void> {
    writeDurably(this.#file, formatJournal(journal));
    return Promise.resolve();
  }
}

/** Writes to all; the latest is that of the first that has one. */
export const journalIn = (keepers: readonly JournalKeeper[]): JournalKeeper => ({
  async latest(destination) {
    for (const keeper of keepers) {
      const found = await keeper.latest(destination);
      if (found !== undefined) return found;
    }
    return undefined;
  },
  async put(journal) {
    for (const keeper of keepers) await keeper.put(journal);
  },
});

function readJournal(file: string): Journal | undefined {
  try {
    return parseJournal(fs.readFileSync(file, "utf8"), file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw storeError(error, path.dirname(file));
  }
}

function names(folder: string): readonly string[] {
  try {
    return fs
      .readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw storeError(error, folder);
  }
}

/** The new bytes are on the disk under the name, or the old ones are. */
export function writeDurably(file: string, content: string): void {
  const folder = path.dirname(file);
  const temporary = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(temporary, content, { flush: true });
    fs.renameSync(temporary, file);
    const directory = fs.openSync(folder, "r");
    try {
      fs.fsyncSync(directory);
    } finally {
      fs.closeSync(directory);
    }
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw storeError(error, folder);
  }
}
