import path from "node:path";
import type { TagClass } from "../declare/tag-rule.ts";
import { TsdockError } from "../errors/tsdock-error.ts";
import { LayoutReader } from "../oci/image/layout-reader.ts";
import type { RegistryClient } from "../oci/registry/client.ts";
import { defaultTag, isTag, parseReference } from "../oci/spec/reference.ts";
import type { Destination } from "../publish/destination.ts";
import { layoutOrigin, registryOrigin } from "../publish/promote/image-origin.ts";
import { promoteImages, type Promotion, type PromoteResult } from "../publish/promote/promote-images.ts";
import { parseRecord } from "../publish/record/parse-record.ts";
import type { ReleaseRecord } from "../publish/record/release-record.ts";
import type { Host } from "./host.ts";
import { readDocument } from "./read-document.ts";
import { openConfig } from "./publish-plan.ts";
import { destinationAt, publishedPlace, transferJobs } from "./published-place.ts";
import { createRegistryAccess } from "./registry-access.ts";

export interface PromoteRequest {
  /** A published image (`ghcr.io/acme/web:1.2.3`, `oci:DIR:web:1.2.3`), or the record of a release (`….json`). */
  readonly source: string;
  /** For an image: its new name, `HOST/NAME[:TAG]` or `oci:DIR:NAME[:TAG]`; its own repository unless given. */
  readonly destination: string | undefined;
  /** For a record: where its images go, `HOST[/PATH]` or `oci:DIR`; where they are unless given. */
  readonly registry: string | undefined;
  /** Those that it has unless given. */
  readonly tags: readonly string[];
  readonly immutable: boolean;
  readonly dryRun: boolean;
  readonly config: string | undefined;
}

/** Copies or retags what is published, by digest, signatures along. Errors `USAGE` and those of `promoteImages`. */
export async function promote(request: PromoteRequest, host: Host): Promise<PromoteResult> {
  for (const tag of request.tags) checkTag(tag);
  const { registries } = await openConfig(request, host);
  await using registry = createRegistryAccess(host, registries);
  const { promotions, destination } = request.source.endsWith(".json")
    ? await ofRecord(request, registry.get, host)
    : await ofImage(request, registry.get, host);
  await using _destination = destination;
  const { emit, signal } = host;
  return await promoteImages(promotions, {
    destination,
    dryRun: request.dryRun,
    jobs: transferJobs,
    emit,
    signal,
  });
}

type Client = () => Promise<RegistryClient>;
interface Work {
  readonly promotions: readonly Promotion[];
  readonly destination: Destination;
}

function checkTag(tag: string): void {
  if (isTag(tag)) return;
  throw new TsdockError("TAG_INVALID", `${JSON.stringify(tag)} is not a tag`, {
    hint: "a tag has 1 to 128 letters, digits, `_`, `.` and `-`, the first not `.` or `-`",
  });
}

async function ofImage(request: PromoteRequest, client: Client, host: Host): Promise<Work> {
  const { source, tags, immutable } = request;
  if (request.registry !== undefined) {
    throw new TsdockError("USAGE", "--registry is for the record of a release; an image has a destination", {
      hint: "write tsdock promote IMAGE HOST/NAME:TAG",
    });
  }
  const from = publishedPlace(source, host);
  const to = request.destination === undefined ? from : publishedPlace(request.destination, host);
  // An image that is named by its digest has no tag that it could keep.
  const kept = to.tag ?? from.tag ?? (from.pinned ? undefined : defaultTag);
  const wanted = tags.length > 0 ? tags : request.destination === undefined ? [] : [kept];
  const named = wanted.filter((tag) => tag !== undefined);
  if (named.length === 0) {
    throw new TsdockError("USAGE", "there is no tag to promote to", {
      hint: "give --tag TAG, or a destination with a tag",
    });
  }
  const samePlace = from.layout === to.layout && from.repository === to.repository;
  const promotion: Promotion = {
    name: from.repository,
    origin: await from.origin(client),
    repository: to.repository,
    samePlace,
    tags: named.map((tag) => ({ tag, class: immutable ? "immutable" : "rolling" })),
  };
  return { promotions: [promotion], destination: await destinationAt(to.layout, client, host) };
}

async function ofRecord(request: PromoteRequest, client: Client, host: Host): Promise<Work> {
  if (request.destination !== undefined) {
    throw new TsdockError("USAGE", "a release goes to a registry, not to the name of one image", {
      hint: "write tsdock promote tsdock-release.json --registry HOST/PATH",
    });
  }
  const record = readRecord(path.resolve(host.cwd, request.source));
  const there = request.registry ?? record.destination;
  const directory = there.startsWith("oci:") ? path.resolve(host.cwd, there.slice(4)) : undefined;
  const promotions = await Promise.all(
    record.images.map((image) => ofRecorded(image, { request, there, directory, client, host })),
  );
  return { promotions, destination: await destinationAt(directory, client, host) };
}

interface RecordTarget {
  readonly request: PromoteRequest;
  readonly there: string;
  readonly directory: string | undefined;
  readonly client: Client;
  readonly host: Host;
}

async function ofRecorded(
  { name, repository: from, digest, tags: had }: ReleaseRecord["images"][number],
  { request, there, directory, client, host }: RecordTarget,
): Promise<Promotion> {
  const layout = from.startsWith("oci:") ? path.resolve(host.cwd, from.slice(4)) : undefined;
  const origin =
    layout === undefined
      ? registryOrigin(await client(), { ...parseReference(from), digest })
      : layoutOrigin(LayoutReader.open(layout), `${name}:${had[0]?.tag ?? "latest"}`);
  const moved = request.registry !== undefined;
  const repository = directory !== undefined ? name : moved ? `${there.replace(/\/+$/, "")}/${name}` : from;
  const given = request.tags.map((tag): { tag: string; class: TagClass } => {
    return { tag, class: request.immutable ? "immutable" : "rolling" };
  });
  return {
    name,
    origin,
    repository,
    samePlace: directory === undefined ? repository === from : directory === layout,
    tags: given.length > 0 ? given : had,
  };
}

function readRecord(file: string): ReleaseRecord {
  const hint = "name the file that `tsdock publish` wrote: tsdock-release.json";
  return parseRecord(readDocument({ file, what: "the record", code: "RECORD_INVALID", hint }), file);
}
