import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import type { EventSink, TsdockEvent } from "../events.ts";
import type { RegistryClient } from "../oci/registry/client.ts";
import type { Digest } from "../oci/spec/digest.ts";
import { defaultTag, parseReference, type Reference, repositoryName } from "../oci/spec/reference.ts";
import type { Store } from "../oci/store/store.ts";
import { publish } from "../publish/publish.ts";
import { type FoundImage, manifestsOf, requireStored } from "./find-image.ts";
import type { Host } from "./host.ts";
import { openStore } from "./open-store.ts";
import { createConfiguredAccess } from "./registry-access.ts";

export interface PushResult {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
  /** Bytes of what the tag points to. */
  readonly size: number;
}

/** Copies an image of the store to the place that its name says. Tells what becomes of each layer, as docker does. */
export async function pushImage({ image }: { readonly image: string }, host: Host): Promise<PushResult> {
  const { wholeName } = createConfiguredAccess(host);
  const reference = parseReference(await wholeName(image));
  const { tag = defaultTag } = reference;
  if (reference.tag === undefined) host.emit({ type: "notice", message: `Using default tag: ${defaultTag}` });
  await using store = await openStore(host);
  await using _lease = await store.lease();
  const found = await requireStored(store, image, host);
  const repository = repositoryName(reference);
  const layers = new PushedLayers(store, await diffIdsOf(store, found), host.emit);
  host.emit({ type: "notice", message: `The push refers to repository [${repository}]` });
  layers.prepare();
  await using registry = createConfiguredAccess({ ...host, emit: layers.emit });
  const client = await registry.get();
  const { digest } = await refusalAsDenial(reference, client, host.signal, async () => {
    const result = await publish({
      images: [{ name: reference.repository, descriptor: found.descriptor }],
      destination: reference.registry,
      repository: () => repository,
      tags: () => [{ tag, class: "rolling", reason: "named by the image" }],
      store,
      client: registry.get,
      emit: layers.emit,
      signal: host.signal,
    });
    const [published] = result.images;
    if (published === undefined) throw new TsdockError("IMAGE_NOT_FOUND", `${image} was not pushed`);
    return published;
  });
  layers.finish();
  await store.facts.add(found.descriptor.digest, { repositories: { [repository]: digest } });
  const { size } = await client.resolve({ ...reference, tag }, host.signal);
  return { repository, tag, digest, size };
}

async function diffIdsOf(store: Store, { descriptor }: FoundImage): Promise<readonly Digest[]> {
  const views = await manifestsOf(store, descriptor);
  return [...new Set(views.flatMap(({ config }) => config.rootfs.diff_ids))];
}

const isDenial = (error: unknown): error is TsdockError =>
  isTsdockError(error) && (error.code === "REGISTRY_UNAUTHORIZED" || error.code === "REGISTRY_DENIED");

/** Says in docker's words that the registry does not let us push, with its own reason and what to do. */
async function refusalAsDenial<T>(
  reference: Reference,
  client: RegistryClient,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDenial(error)) throw error;
    const { code, message, details } = await withReason(error, reference, client, signal);
    throw new TsdockError(code, "denied: requested access to the resource is denied", {
      cause: error,
      details: [message, details].join("\n"),
      hint: `log in by \`tsdock login ${reference.registry}\` as somebody who may push to ${reference.repository}, or tag the image with a name of yours`,
    });
  }
}

/** Answers to HEAD have no text: to hear the registry's reason, it is asked as a push asks. */
async function withReason(
  error: TsdockError,
  reference: Reference,
  client: RegistryClient,
  signal: AbortSignal,
): Promise<TsdockError> {
  if (error.details?.includes("the registry says") === true) return error;
  try {
    await client.checkPush(reference, signal);
  } catch (refusal) {
    if (isDenial(refusal)) return refusal;
    if (!isTsdockError(refusal)) throw refusal;
  }
  return error;
}

type Transfer = Extract<TsdockEvent, { type: "transfer" }>;

/** Turns what transfers tell of blobs into what docker tells of layers. */
class PushedLayers {
  readonly #store: Store;
  readonly #emit: EventSink;
  readonly #waiting: Set<Digest>;

  constructor(store: Store, diffIds: readonly Digest[], emit: EventSink) {
    this.#store = store;
    this.#waiting = new Set(diffIds);
    this.#emit = emit;
  }

  prepare(): void {
    for (const digest of this.#waiting) this.#emit({ type: "layer", digest, state: "preparing" });
  }

  readonly emit: EventSink = (event) => {
    // The last line of a push says what the tag means now.
    if (event.type === "tag") return;
    if (event.type !== "transfer") return this.#emit(event);
    this.#emit({ ...event, told: true });
    if (event.kind === "push" && event.state !== "running" && event.state !== "failed") this.#settle(event);
  };

  #settle({ name, state, from }: Transfer): void {
    const digest = name.slice(name.lastIndexOf("@") + 1);
    const diffId = [...this.#waiting].find(
      (id) => id === digest || this.#store.compressed.get(id).some((one) => one.descriptor.digest === digest),
    );
    if (diffId === undefined) return;
    this.#waiting.delete(diffId);
    const outcome = state === "mounted" || state === "existing" ? state : "pushed";
    this.#emit({ type: "layer", digest: diffId, state: outcome, ...(from === undefined ? {} : { from }) });
  }

  /** A manifest that was there proves its layers: nothing was told of them. */
  finish(): void {
    for (const digest of this.#waiting) this.#emit({ type: "layer", digest, state: "existing" });
  }
}
