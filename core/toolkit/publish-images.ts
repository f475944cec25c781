import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import { imageDependencies } from "../graph/image-dependencies.ts";
import type { CompiledImage, Definition, DefaultAnnotation } from "../graph/definition.ts";
import type { ImageState } from "../publish/inspect-destination.ts";
import { layoutDirectory } from "../publish/plan/publish-plan.ts";
import { planPublish } from "../publish/plan/plan-publish.ts";
import { formatPlan } from "../publish/plan/plan-document.ts";
import { planDocument } from "../publish/plan/write-plan.ts";
import { Publication } from "../publish/publication.ts";
import { publishBuilt, publishResult } from "../publish/publish.ts";
import type { PublishResult } from "../publish/publish-result.ts";
import { attestImages } from "./attest/attest-images.ts";
import { type AttestationFlags, chosenAttestations } from "./attest/chosen-attestations.ts";
import type { BuildSession } from "./build-session.ts";
import type { Host } from "./host.ts";
import { publishDestination } from "./publish-destination.ts";
import { openJournal } from "./publish-journal.ts";
import { type PublishTags, publishTags, type TagRequest } from "./publish-tags.ts";
import { solveIn } from "./solve-images.ts";
import type { SolveSelection } from "./solve-options.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";
import { recordName, recordRelease } from "./record-release.ts";
import { affectedSince } from "./affected-since.ts";

export interface PublishRequest extends SolveSelection, TagRequest, AttestationFlags {
  /** Of tsdock: attestations say it. */
  readonly version: string;
  /** `HOST[/PATH]` or `oci:DIR`; that of the configuration unless given. */
  readonly registry: string | undefined;
  readonly dryRun: boolean;
  /** Leave out images that are published already. */
  readonly onlyChanged: boolean;
  /** Leave out images that nothing since this commit affects. */
  readonly since: string | undefined;
  /** Bring the images there under no tag, and write what is left to do to this file. */
  readonly planOut: string | undefined;
  /** Keep the journal in this file too. */
  readonly journal: string | undefined;
  /** Where the record of the release goes. */
  readonly record: string | undefined;
}

/** Builds what is not built, then publishes all of it: no tag moves before everything is there. */
export async function publishImages(request: PublishRequest, host: Host): Promise<PublishResult> {
  const started = performance.now();
  const workspace = await openWorkspace(request, host);
  const affected = await affectedSince(request, workspace, host);
  if (request.since !== undefined && affected.length === 0)
    return nothingAffected(request, workspace, host, started);
  const plugins = await chosenAttestations(request, workspace.config.attestations);
  const written = writtenPaths(request, workspace, host);
  const tags = await publishTags({ ...request, images: affected, written }, workspace, host);
  if (tags.existing.size > 0) {
    const { retagImages } = await import("./retag-images.ts");
    return await retagImages(tags, { request, workspace, host });
  }
  const preflight = new Preflight(workspace, request, tags, host);
  const stop = new AbortController();
  const signal = AbortSignal.any([host.signal, stop.signal]);
  const hooks = {
    chosen: preflight.begin.bind(preflight),
    beforeRun: async () => {
      try {
        await preflight.finish();
      } catch (error) {
        // No step of the build is at fault: it is called off, and this is why.
        stop.abort(error);
        throw new DOMException("the build is called off", "AbortError");
      }
    },
  };
  await using _preflight = preflight;
  await using solved = await solveIn(
    workspace,
    { ...request, images: tags.images },
    { ...host, signal },
    hooks,
  );
  const { publication, states } = preflight.done();
  const { store } = solved.session;
  const tagsLater = request.planOut !== undefined;
  const { dryRun, onlyChanged } = request;
  const images = solved.images.map((built) => ({
    ...built,
    added: tags.added(built.image),
    said: saidAnnotations(built.image),
  }));
  const { version } = request;
  const attest =
    plugins.length === 0 ? undefined : attestImages(solved, { plugins, version, source: tags.source });
  const options = { images, dryRun, onlyChanged, tagsLater, store, attest, signal: host.signal };
  const released = await publishBuilt(publication, states, options);
  const result = publishResult(publication, released, started, images);
  if (request.planOut !== undefined) {
    const plan = await planDocument(publication, released, store.blobs);
    fs.writeFileSync(path.resolve(host.cwd, request.planOut), formatPlan(plan));
  } else if (!dryRun) recordRelease(result, request, host);
  return result;
}

/** Annotations that are known before a publish. */
function saidAnnotations({ annotations, described = [] }: CompiledImage): readonly DefaultAnnotation[] {
  const declared = [annotations.manifest, annotations.index].flatMap((one) => Object.entries(one));
  return [...declared.map(([name, value]) => ({ name, value, source: "annotation()" })), ...described];
}

/** Names that are none would mean all images. */
function nothingAffected(
  { registry, planOut, since }: PublishRequest,
  { config }: Workspace,
  host: Host,
  started: number,
): PublishResult {
  if (planOut !== undefined)
    throw new TsdockError(
      "UNSUPPORTED",
      `nothing since ${since ?? ""} affects any image: there is no plan to write`,
      {
        hint: "ask first: tsdock affected --since REF --exit-code",
      },
    );
  const destination = publishDestination(registry, config, host);
  const blobs = { uploaded: 0, mounted: 0, existing: 0, bytes: 0 };
  return { destination, facts: [], images: [], blobs, ms: Math.round(performance.now() - started) };
}

/** What a publish writes itself, absolute: no change of the work tree that it is made from. */
function writtenPaths(request: PublishRequest, { config }: Workspace, host: Host): readonly string[] {
  const layout = layoutDirectory(publishDestination(request.registry, config, host));
  const files = [request.record ?? recordName, request.journal, request.planOut];
  const named = files.filter((file) => file !== undefined).map((file) => path.resolve(host.cwd, file));
  return layout === undefined ? named : [...named, layout];
}

/** What is found out before the build: the plan, what the destination has, and, once something has to run, that we may write there. */
class Preflight implements AsyncDisposable {
  readonly #workspace: Workspace;
  readonly #request: PublishRequest;
  readonly #tags: PublishTags;
  readonly #host: Host;
  #begun: { readonly publication: Publication; readonly states: readonly ImageState[] } | undefined;
  #writable: Promise<void> | undefined;

  constructor(workspace: Workspace, request: PublishRequest, tags: PublishTags, host: Host) {
    this.#workspace = workspace;
    this.#request = request;
    this.#tags = tags;
    this.#host = host;
  }

  async begin(
    images: readonly CompiledImage[],
    definition: Definition,
    session: BuildSession,
  ): Promise<void> {
    const host = this.#host;
    const { config, directory } = this.#workspace;
    const destination = publishDestination(this.#request.registry, config, host);
    const directories = new Map(
      images.map(({ name, directory }) => [name, path.relative(config.directory, directory) || "."]),
    );
    const dependencies = imageDependencies(definition);
    const { facts, tags } = this.#tags;
    const plan = planPublish({
      images: images.map(({ name }) => name),
      destination,
      repository: (name) =>
        `${destination}/${config.repository({ name, directory: directories.get(name) ?? "." })}`,
      tags,
      dependsOn: (name) => dependencies.get(name) ?? [],
      facts,
    });
    const publication = await Publication.open(plan, {
      store: session.store,
      client: session.registry.get,
      emit: host.emit,
      signal: host.signal,
      journal: openJournal(session.store.directory, directory, this.#request.journal, host),
    });
    this.#begun = { publication, states: await publication.inspect() };
  }

  /** Before anything is built that may take long. A build that has nothing to do needs no proof until something is lacking. */
  finish(): Promise<void> {
    if (this.#request.dryRun) return Promise.resolve();
    const { publication, states } = this.done();
    this.#writable ??= publication.proveWritable(states);
    return this.#writable;
  }

  done(): { readonly publication: Publication; readonly states: readonly ImageState[] } {
    if (this.#begun === undefined) throw new Error("a build ended before its preflight began");
    return this.#begun;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#begun?.publication[Symbol.asyncDispose]();
  }
}
