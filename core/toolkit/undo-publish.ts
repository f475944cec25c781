import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { Journal, JournalKeeper } from "../publish/journal/journal.ts";
import { JournalFile, journalIn, StoredJournals } from "../publish/journal/journal-files.ts";
import { Publication } from "../publish/publication.ts";
import { undoRelease, type UndoResult } from "../publish/undo-release.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";
import { publishDestination } from "./publish-destination.ts";
import { openConfig } from "./publish-plan.ts";
import { createRegistryAccess } from "./registry-access.ts";

export interface UndoRequest {
  readonly registry: string | undefined;
  /** What `--journal` wrote; that of the latest release of this workspace unless given. */
  readonly journal: string | undefined;
  readonly dryRun: boolean;
  readonly config: string | undefined;
}

/** Takes the tags of the latest release back to what they were. Error `PUBLISH_JOURNAL_MISSING`. */
export async function undoPublish(request: UndoRequest, host: Host): Promise<UndoResult> {
  const config = await openConfig(request, host);
  await using registry = createRegistryAccess(host, config.registries);
  await using store = await openStore(host);
  const stored = new StoredJournals(store.directory, config.directory);
  const file =
    request.journal === undefined ? undefined : new JournalFile(path.resolve(host.cwd, request.journal));
  const journal = file?.read() ?? (await latest(request, stored, config, host));
  const { destination } = journal;
  if (request.registry !== undefined && publishDestination(request.registry, config, host) !== destination) {
    throw new TsdockError(
      "USAGE",
      `the journal is of a release to ${destination}, not to ${request.registry}`,
      {
        hint: "leave --registry out, or name another journal",
      },
    );
  }
  if (journal.state === "undone") throw missing(`the latest release to ${destination} is undone already`);
  const { emit, signal } = host;
  const keepers: readonly JournalKeeper[] = file === undefined ? [stored] : [file, stored];
  const plan = { destination, facts: [], images: [] };
  await using publication = await Publication.open(plan, { store, client: registry.get, emit, signal });
  await using _alone = request.dryRun ? undefined : await publication.destination.exclusively(signal);
  const { jobs, destination: target } = publication;
  const { dryRun } = request;
  return await undoRelease(journal, {
    destination: target,
    journal: journalIn(keepers),
    emit,
    dryRun,
    jobs,
    signal,
  });
}

async function latest(
  request: UndoRequest,
  stored: JournalKeeper,
  config: Parameters<typeof publishDestination>[1],
  host: Host,
): Promise<Journal> {
  if (request.journal !== undefined) throw missing(`there is no journal ${request.journal}`);
  const destination = publishDestination(request.registry, config, host);
  const found = await stored.latest(destination);
  if (found !== undefined) return found;
  throw missing(`the store has no journal of a release of this workspace to ${destination}`);
}

const missing = (message: string): TsdockError =>
  new TsdockError("PUBLISH_JOURNAL_MISSING", message, {
    hint: "give --registry as that release had it, or --journal with the file that it wrote",
  });
