import path from "node:path";
import type { JournalKeeper } from "../publish/journal/journal.ts";
import { JournalFile, journalIn, StoredJournals } from "../publish/journal/journal-files.ts";
import type { Host } from "./host.ts";

/** The journals of a workspace in the store, and in a file where one was named. */
export function openJournal(
  store: string,
  workspace: string,
  file: string | undefined,
  { cwd }: Host,
): JournalKeeper {
  const stored = new StoredJournals(store, workspace);
  return file === undefined ? stored : journalIn([new JournalFile(path.resolve(cwd, file)), stored]);
}
