import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";
import type { EventSink } from "../../events.ts";
import type { Descriptor } from "../spec/descriptor.ts";
import type { Digest } from "../spec/digest.ts";
import { formatReference, type Reference, withDefaultTag } from "../spec/reference.ts";
import type { CredentialsProvider } from "./credentials.ts";
import { Exchange } from "./exchange.ts";
import { type Endpoint, endpointsOf, type HostOptions, originOf } from "./host-options.ts";
import { Http, type Transport } from "./http.ts";
import { listTags } from "./list-tags.ts";
import {
  deleteManifest,
  deleteTag,
  type FetchedManifest,
  getManifest,
  headManifest,
  manifestLimit,
  type ManifestRequest,
  putManifest,
} from "./manifests.ts";
import type { ProxyOptions } from "./proxy.ts";
import { type GrowingSource, pushGrowing } from "./push-growing.ts";
import { pushBlob } from "./push-blob.ts";
import { headBlob, readBlob } from "./read-blob.ts";
import { protocolError } from "./registry-error.ts";
import { listReferrers, putReferrer } from "./referrers.ts";
import { defaultRetryPolicy, type RetryPolicy } from "./retry.ts";
import { Session } from "./session.ts";
import type { BlobSource } from "./upload-content.ts";
import { beginUpload, cancelUpload } from "./upload-session.ts";

export interface RegistryClientOptions {
  /** By `host[:port]` as references have it. */
  readonly hosts?: Readonly<Record<string, HostOptions>>;
  readonly credentials?: CredentialsProvider;
  readonly proxy?: ProxyOptions;
  readonly emit?: EventSink;
  readonly retry?: Partial<RetryPolicy>;
  /** Milliseconds without a byte after which a transfer is tried again: 60,000. There is no limit for a whole transfer. */
  readonly idleTimeoutMs?: number;
  /** 30,000. */
  readonly connectTimeoutMs?: number;
  /** Requests to one host at the same time: 16, twice what a publish transfers: an upload may read from the same host. */
  readonly connectionsPerHost?: number;
  /** Larger blobs are uploaded in pieces of this size: 64 MiB. */
  readonly chunkBytes?: number;
  readonly userAgent?: string;
  /** Another way to the network, to which proxy, timeouts and limits are left: HTTP by undici. Ends with the client. */
  readonly transport?: Transport;
}

/** Who is asked when something is read: mirrors first, or only the registry itself, as before it is written to. */
export type ReadFrom = "anywhere" | "origin";

/** A repository without tag or digest. */
export type RepositoryName = Pick<Reference, "registry" | "repository">;

export interface BlobToPush {
  readonly descriptor: Pick<Descriptor, "digest" | "size">;
  readonly source: BlobSource;
  /** Repositories of the same registry that may have it, the likeliest first. */
  readonly mountFrom?: readonly string[];
}

/** Much less than other pieces: it is what is not sent yet when a layer begins to be compressed. */
const growingPieceBytes = 16 * 1024 * 1024;

const silent: EventSink = () => undefined;
const noCredentials: CredentialsProvider = { find: () => Promise.resolve(undefined) };

const overHttp = (options: RegistryClientOptions): Http =>
  new Http({
    proxy: options.proxy ?? {},
    idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 30_000,
    connectionsPerHost: options.connectionsPerHost ?? 16,
    userAgent: options.userAgent ?? "tsdock",
  });

/** Talks to registries (OCI distribution-spec). Verifies what comes, retries what passes, says what does not. */
export class RegistryClient implements AsyncDisposable {
  readonly #hosts: Readonly<Record<string, HostOptions>>;
  readonly #http: Transport;
  readonly #session: Session;
  readonly #emit: EventSink;
  readonly #chunkBytes: number;

  constructor(options: RegistryClientOptions = {}) {
    this.#hosts = options.hosts ?? {};
    this.#emit = options.emit ?? silent;
    this.#chunkBytes = options.chunkBytes ?? 64 * 1024 * 1024;
    this.#http = options.transport ?? overHttp(options);
    const exchange = new Exchange(this.#http, { ...defaultRetryPolicy, ...options.retry }, this.#emit);
    const credentials = options.credentials ?? noCredentials;
    this.#session = new Session(exchange, credentials, this.#emit);
  }

  /** What a reference means now. Undefined where it is not there. */
  find(
    reference: Reference,
    signal?: AbortSignal,
    from: ReadFrom = "anywhere",
  ): Promise<Descriptor | undefined> {
    return this.#read(reference, signal, from, (request) => headManifest(this.#session, request));
  }

  /** Error `REGISTRY_NOT_FOUND`. */
  async resolve(reference: Reference, signal?: AbortSignal): Promise<Descriptor> {
    return (await this.find(reference, signal)) ?? missing(reference);
  }

  /** The manifest or index itself, verified. Error `REGISTRY_NOT_FOUND`. */
  async manifest(
    reference: Reference,
    signal?: AbortSignal,
    from: ReadFrom = "anywhere",
  ): Promise<FetchedManifest> {
    const found = await this.#read(reference, signal, from, (request) => getManifest(this.#session, request));
    return found ?? missing(reference);
  }

  /** Puts a manifest under the reference's tag, or under its digest where it has none. */
  async putManifest(
    reference: Reference,
    { bytes, mediaType }: { readonly bytes: Uint8Array; readonly mediaType: string },
    signal?: AbortSignal,
  ): Promise<Digest> {
    const request = { ...this.#target(reference, signal), bytes, mediaType };
    return (await putManifest(this.#session, request)).digest;
  }

  /** Removes the manifest of a digest with all its tags. False where it is not there. */
  deleteManifest(name: RepositoryName, digest: Digest, signal?: AbortSignal): Promise<boolean> {
    return deleteManifest(this.#session, { endpoint: this.#origin(name), target: digest, signal });
  }

  /** Removes a tag alone (distribution-spec, end-9). False where the registry does not do that, or not for us. */
  deleteTag(name: RepositoryName, tag: string, signal?: AbortSignal): Promise<boolean> {
    return deleteTag(this.#session, { endpoint: this.#origin(name), target: tag, signal });
  }

  tags(name: RepositoryName, signal?: AbortSignal): Promise<readonly string[]> {
    return listTags(this.#session, this.#origin(name), signal);
  }

  /** What refers to a manifest: see `listReferrers`. */
  referrers(name: RepositoryName, subject: Digest, signal?: AbortSignal): Promise<readonly Descriptor[]> {
    return listReferrers(this.#session, this.#origin(name), subject, signal);
  }

  /** Puts a manifest that names `subject` as its subject. */
  putReferrer(
    name: RepositoryName,
    document: FetchedManifest,
    subject: Digest,
    signal?: AbortSignal,
  ): Promise<void> {
    return putReferrer(this.#session, { endpoint: this.#origin(name), document, subject, signal });
  }

  hasBlob(name: RepositoryName, digest: Digest, signal?: AbortSignal): Promise<boolean> {
    return headBlob(this.#session, this.#origin(name), digest, signal);
  }

  /** Bytes from `start`, resumed after failures; errors at the end if they are not what the descriptor says. */
  openBlob(
    name: RepositoryName,
    descriptor: Pick<Descriptor, "digest" | "size">,
    start = 0,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, void> {
    const endpoints = endpointsOf(name, this.#hosts);
    return readBlob(this.#session, { endpoints, descriptor, start, emit: this.#emit, signal });
  }

  /** A blob that is small, as a configuration is: at most 16 MiB. */
  async smallBlob(
    name: RepositoryName,
    descriptor: Pick<Descriptor, "digest" | "size">,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    if (descriptor.size > manifestLimit)
      throw protocolError(`pull ${descriptor.digest}`, `it has more than ${manifestLimit} bytes`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.openBlob(name, descriptor, 0, signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Brings a blob into a repository. Whether it is there already is the caller's question: `hasBlob`. */
  pushBlob(name: RepositoryName, blob: BlobToPush, signal?: AbortSignal): Promise<"mounted" | "uploaded"> {
    return pushBlob(this.#session, {
      endpoint: this.#origin(name),
      descriptor: blob.descriptor,
      source: blob.source,
      mountFrom: blob.mountFrom ?? [],
      chunkBytes: this.#chunkBytes,
      emit: this.#emit,
      signal,
    });
  }

  /** Sends a blob while it is being made: see `pushGrowing`. */
  pushGrowing(
    name: RepositoryName,
    source: GrowingSource,
    signal?: AbortSignal,
  ): Promise<"uploaded" | "existing" | undefined> {
    const [chunkBytes, pieceBytes] = [this.#chunkBytes, this.growingPieceBytes];
    const push = { endpoint: this.#origin(name), source, pieceBytes, chunkBytes, emit: this.#emit, signal };
    return pushGrowing(this.#session, push);
  }

  /** Bytes of a growing blob from which on it is worth sending: one that is whole before can be looked for first. */
  get growingPieceBytes(): number {
    return Math.min(this.#chunkBytes, growingPieceBytes);
  }

  /** Proves our credentials to a registry; false where it asks for none. Error `REGISTRY_UNAUTHORIZED`, `REGISTRY_DENIED`. */
  authenticate(registry: string, signal?: AbortSignal): Promise<boolean> {
    return this.#session.authenticate(this.#origin({ registry, repository: "" }), signal);
  }

  /** Finds out whether we may push, by beginning an upload and cancelling it. */
  async checkPush(name: RepositoryName, signal?: AbortSignal): Promise<void> {
    const target = { endpoint: this.#origin(name), signal };
    await cancelUpload(this.#session, target, await beginUpload(this.#session, target));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }

  #origin(name: RepositoryName): Endpoint {
    return originOf(name, this.#hosts);
  }

  #target(reference: Reference, signal: AbortSignal | undefined): ManifestRequest {
    return { endpoint: this.#origin(reference), target: targetOf(reference), signal };
  }

  /** Asks the places of a repository in order. A mirror that fails or lacks it costs nothing but the question. */
  async #read<T>(
    reference: Reference,
    signal: AbortSignal | undefined,
    from: ReadFrom,
    ask: (request: ManifestRequest) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const target = reference.digest ?? targetOf(reference);
    const endpoints = from === "origin" ? [this.#origin(reference)] : endpointsOf(reference, this.#hosts);
    for (const endpoint of endpoints.slice(0, -1)) {
      try {
        const found = await ask({ endpoint, target, signal });
        if (found !== undefined) return found;
      } catch (error) {
        if (!isTsdockError(error)) throw error;
        this.#emit({ type: "debug", message: `${error.message}; asking ${reference.registry}` });
      }
    }
    const last = endpoints.at(-1);
    return last === undefined ? undefined : ask({ endpoint: last, target, signal });
  }
}

function targetOf(reference: Reference): string {
  const { tag, digest } = withDefaultTag(reference);
  return tag ?? digest ?? "";
}

function missing(reference: Reference): never {
  throw new TsdockError(
    "REGISTRY_NOT_FOUND",
    `${formatReference(withDefaultTag(reference))} does not exist`,
    {
      hint: "check the name and the tag; a registry may also hide what the account may not see",
    },
  );
}
