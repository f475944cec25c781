import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import { planPublish } from "../publish/plan/plan-publish.ts";
import { Publication } from "../publish/publication.ts";
import { publishResult } from "../publish/publish.ts";
import type { PublishResult } from "../publish/publish-result.ts";
import { retag } from "../publish/retag.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";
import { publishDestination } from "./publish-destination.ts";
import { openJournal } from "./publish-journal.ts";
import type { PublishTags } from "./publish-tags.ts";
import { recordRelease } from "./record-release.ts";
import { createRegistryAccess } from "./registry-access.ts";
import type { Workspace } from "./workspace.ts";

export interface RetagRequest {
  readonly registry: string | undefined;
  readonly dryRun: boolean;
  readonly planOut: string | undefined;
  readonly journal: string | undefined;
  readonly record: string | undefined;
}

/** A release that a tool adds to a channel: images that are published get more tags. */
export async function retagImages(
  tags: PublishTags,
  {
    request,
    workspace,
    host,
  }: { readonly request: RetagRequest; readonly workspace: Workspace; readonly host: Host },
): Promise<PublishResult> {
  const started = performance.now();
  const { config, compiled } = workspace;
  if (request.planOut !== undefined)
    throw new TsdockError("USAGE", "--plan-out cannot be given for a release that is added to a channel", {
      hint: "leave it out: there is nothing to build and to bring",
    });
  const directories = new Map(
    compiled.definition.images.map(({ name, directory }) => [
      name,
      path.relative(config.directory, directory) || ".",
    ]),
  );
  const destination = publishDestination(request.registry, config, host);
  const plan = planPublish({
    images: tags.images,
    destination,
    repository: (name) =>
      `${destination}/${config.repository({ name, directory: directories.get(name) ?? "." })}`,
    tags: tags.tags,
    facts: tags.facts,
  });
  await using registry = createRegistryAccess(host, config.registries);
  await using store = await openStore(host);
  const { emit, signal } = host;
  const journal = openJournal(store.directory, config.directory, request.journal, host);
  await using publication = await Publication.open(plan, {
    store,
    client: registry.get,
    emit,
    signal,
    journal,
  });
  const { dryRun } = request;
  const images = await retag(publication, { existing: tags.existing, dryRun, signal });
  const result = publishResult(publication, images, started);
  if (!dryRun) recordRelease(result, request, host);
  return result;
}
