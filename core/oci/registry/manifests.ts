import { TsdockError } from "../../errors/tsdock-error.ts";
import type { Descriptor } from "../spec/descriptor.ts";
import { type Digest, digestOf, isDigest } from "../spec/digest.ts";
import { isIndexType, isManifestType, mediaTypes } from "../spec/media-types.ts";
import type { Endpoint } from "./host-options.ts";
import { BodyTooLarge, type HttpResponse } from "./http.ts";
import { isRefusal } from "./is-refusal.ts";
import { protocolError } from "./registry-error.ts";
import { deleteScope, pullScope, pushScope } from "./scope.ts";
import type { Session } from "./session.ts";

/** Bytes of the largest manifest or index that is read. */
export const manifestLimit = 16 * 1024 * 1024;

/** A manifest or index as the registry keeps it: these bytes, never others of the same meaning. */
export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export interface ManifestRequest {
  readonly endpoint: Endpoint;
  /** Tag or digest. */
  readonly target: string;
  readonly signal: AbortSignal | undefined;
}

const accepted = [mediaTypes.index, mediaTypes.manifest, mediaTypes.dockerIndex, mediaTypes.dockerManifest];
const describe = ({ endpoint, target }: ManifestRequest): string =>
  `the manifest ${target} of ${endpoint.registry}/${endpoint.repository}`;

/** What a tag or digest means; undefined where it is not there. One HEAD, and a GET only where that does not say enough. */
export async function headManifest(
  session: Session,
  request: ManifestRequest,
): Promise<Descriptor | undefined> {
  const what = `look up ${describe(request)}`;
  const response = await session.send({ ...pullRequest(request, "HEAD", what), accept: [200, 404, 405] });
  await response.discard();
  if (response.status === 404) return undefined;
  const mediaType = baseType(response.header("content-type"));
  const digest = response.header("docker-content-digest") ?? "";
  const size = Number(response.header("content-length") ?? Number.NaN);
  const known = isManifestType(mediaType) || isIndexType(mediaType);
  if (response.status !== 200 || !known || !isDigest(digest) || !Number.isSafeInteger(size) || size === 0) {
    return (await getManifest(session, request))?.descriptor;
  }
  checkDigest(request, digest, what);
  return { mediaType, digest, size };
}

/** Reads and verifies; undefined where it is not there. Error `REGISTRY_PROTOCOL` for what lies, `REGISTRY_UNSUPPORTED` for docker's schema 1. */
export async function getManifest(
  session: Session,
  request: ManifestRequest,
): Promise<FetchedManifest | undefined> {
  const what = `pull ${describe(request)}`;
  const budget = session.exchange.budget(what);
  const exchange = { ...pullRequest(request, "GET", what), accept: [200, 404] };
  for (;;) {
    const response = await session.tryOnce(exchange, budget);
    if (response === undefined) continue;
    if (response.status === 404) {
      await response.discard();
      return undefined;
    }
    try {
      return verify(request, await response.read(manifestLimit), response, what);
    } catch (error) {
      if (error instanceof BodyTooLarge) throw protocolError(what, `it has ${error.message}`);
      await session.exchange.recover(error, await session.prepare(exchange), budget);
    }
  }
}

function pullRequest(request: ManifestRequest, method: "GET" | "HEAD", what: string) {
  const { endpoint, target, signal } = request;
  const headers = { accept: accepted.join(", ") };
  return {
    endpoint,
    method,
    target: `manifests/${target}`,
    scopes: [pullScope(endpoint.repository)],
    headers,
    what,
    signal,
  };
}

const baseType = (header: string | undefined): string => (header ?? "").split(";", 1)[0]?.trim() ?? "";

function verify(
  request: ManifestRequest,
  bytes: Buffer,
  response: HttpResponse,
  what: string,
): FetchedManifest {
  const digest = digestOf(bytes);
  checkDigest(request, digest, what);
  const claimed = response.header("docker-content-digest");
  if (claimed !== undefined && isDigest(claimed) && claimed !== digest) {
    throw protocolError(what, `it says that the digest is ${claimed}, and it is ${digest}`);
  }
  const mediaType = manifestType(bytes, baseType(response.header("content-type")), what);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

function checkDigest({ target }: ManifestRequest, digest: Digest, what: string): void {
  if (isDigest(target) && target !== digest)
    throw protocolError(what, `it gave content with the digest ${digest}`);
}

/** The media type that header and content agree on. */
export function manifestType(bytes: Buffer, header: string, what: string): string {
  const { schemaVersion, mediaType, layers, manifests } = parseObject(bytes, what);
  if (schemaVersion === 1) {
    throw new TsdockError("REGISTRY_UNSUPPORTED", `cannot ${what}: it is in docker's old format, schema 1`, {
      hint: "push the image again with a tool of this decade; the old format cannot be verified",
    });
  }
  // Content that is both could mean one thing to us and another to somebody else (CVE-2021-41190).
  if (Array.isArray(layers) === Array.isArray(manifests)) {
    throw protocolError(what, "it is neither a manifest nor an index");
  }
  const known = isManifestType(header) || isIndexType(header);
  const type = typeof mediaType === "string" ? mediaType : known ? header : undefined;
  const inferred = type ?? (Array.isArray(layers) ? mediaTypes.manifest : mediaTypes.index);
  const fits = Array.isArray(layers) ? isManifestType(inferred) : isIndexType(inferred);
  if (!fits || (known && header !== inferred)) {
    throw protocolError(
      what,
      `its media type is given as ${JSON.stringify(header)} and ${JSON.stringify(inferred)}`,
    );
  }
  return inferred;
}

function parseObject(bytes: Buffer, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw protocolError(what, `it is not JSON (${(error as Error).message})`);
  }
  if (typeof value !== "object" || value === null) throw protocolError(what, "it is not a JSON object");
  return value as Readonly<Record<string, unknown>>;
}

export interface PutResult {
  readonly digest: Digest;
  /** The subject that the registry keeps the manifest's reference to (`OCI-Subject`). */
  readonly subject: string | undefined;
}

/** Puts bytes under a tag or their digest, and compares the digest that the registry saw with ours. */
export async function putManifest(
  session: Session,
  request: ManifestRequest & { readonly bytes: Uint8Array; readonly mediaType: string },
): Promise<PutResult> {
  const { endpoint, target, bytes, mediaType, signal } = request;
  const what = `put ${describe(request)}`;
  const digest = digestOf(bytes);
  const response = await session.send({
    endpoint,
    method: "PUT",
    target: `manifests/${target}`,
    scopes: [pushScope(endpoint.repository)],
    headers: { "content-type": mediaType },
    body: { length: bytes.length, open: () => bytes },
    accept: [200, 201],
    what,
    signal,
  });
  await response.discard();
  const seen = response.header("docker-content-digest");
  if (seen !== undefined && seen !== digest) throw protocolError(what, `it took ${digest} for ${seen}`);
  return { digest, subject: response.header("oci-subject") };
}

/** Removes a manifest; false where it is not there. */
export async function deleteManifest(session: Session, request: ManifestRequest): Promise<boolean> {
  const { endpoint, target, signal } = request;
  const response = await session.send({
    endpoint,
    method: "DELETE",
    target: `manifests/${target}`,
    scopes: [deleteScope(endpoint.repository)],
    accept: [200, 202, 204, 404],
    what: `delete ${describe(request)}`,
    signal,
  });
  await response.discard();
  return response.status !== 404;
}

/**
 * Removes a tag and leaves its manifest (distribution-spec, end-9): true where it is gone afterwards. False where the
 * registry refuses: many do, and some only know how to remove a manifest with all its tags.
 */
export async function deleteTag(session: Session, request: ManifestRequest): Promise<boolean> {
  try {
    await deleteManifest(session, request);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}
