import type { Descriptor } from "../spec/descriptor.ts";
import { type Digest, isDigest } from "../spec/digest.ts";
import type { HttpRequest, HttpResponse, RequestBody } from "./http.ts";
import { isRefusal } from "./is-refusal.ts";
import { protocolError } from "./registry-error.ts";
import { pushScope } from "./scope.ts";
import type { RegistryRequest, Session } from "./session.ts";
import type { UploadProgress } from "./upload-progress.ts";
import { locationOf, nothing, type UploadSession, type UploadTarget } from "./upload-session.ts";

/** Where the bytes of a blob come from; read again from any offset after a failure. */
export interface BlobSource {
  open(start: number): AsyncIterable<Uint8Array>;
}

/** What is sent in pieces, of which the end need not be known. */
export interface PieceUpload extends UploadTarget {
  /** For messages. */
  readonly what: string;
  readonly source: BlobSource;
}

export interface ContentUpload extends PieceUpload {
  readonly descriptor: Pick<Descriptor, "digest" | "size">;
  readonly chunkBytes: number;
}

/** What came of it: all is there; the upload is gone and has to begin again; this registry takes no pieces. */
export type UploadOutcome = "done" | "lost" | "no-chunks";

/** Statuses by which a registry says that it does not know an upload, or not at this offset. */
const lostStatuses: readonly number[] = [404, 416];

/** All bytes in one PUT (distribution-spec, end-6). */
export async function uploadWhole(
  session: Session,
  upload: ContentUpload,
  { location }: UploadSession,
  progress: UploadProgress,
): Promise<UploadOutcome> {
  const { descriptor } = upload;
  const body = { length: descriptor.size, open: () => slice(upload, 0, descriptor.size, progress) };
  return finish(session, upload, location, body, progress);
}

/** Pieces by PATCH, those that are not there yet (distribution-spec, end-5), then a PUT without content. */
export async function uploadChunks(
  session: Session,
  upload: ContentUpload,
  opened: UploadSession,
  progress: UploadProgress,
): Promise<UploadOutcome> {
  const { size } = upload.descriptor;
  const length = Math.max(upload.chunkBytes, opened.smallestChunk);
  let position: Position | undefined = { location: opened.location, offset: opened.offset ?? 0 };
  while (position.offset < size) {
    const end = Math.min(size, position.offset + length);
    try {
      position = await sendChunk(session, upload, position, end, progress);
    } catch (error) {
      if (position?.offset === 0 && isRefusal(error)) return "no-chunks";
      throw error;
    }
    if (position === undefined) return "lost";
    progress.kept(position.offset);
  }
  return finish(session, upload, position.location, nothing, progress);
}

export interface Position {
  readonly location: URL;
  readonly offset: number;
}

/** Sends one piece; after a failure, asks how much arrived. Undefined where the upload is gone. */
export async function sendChunk(
  session: Session,
  upload: PieceUpload,
  { location, offset }: Position,
  end: number,
  progress: UploadProgress,
): Promise<Position | undefined> {
  const request = uploadRequest(upload, "PATCH", location, [202, ...lostStatuses], {
    headers: { "content-type": "application/octet-stream", "content-range": `${offset}-${end - 1}` },
    body: { length: end - offset, open: () => slice(upload, offset, end, progress) },
  });
  const response = await session.tryOnce(request, progress.budget);
  if (response === undefined) return askPosition(session, upload, location, end);
  await response.discard();
  if (response.status !== 202) return lost(upload, progress, response);
  const next = locationOf(response, location, request.what) ?? location;
  return { location: next, offset: rangeEnd(response) ?? end };
}

/** How much of an upload the registry has (distribution-spec, end-13). */
async function askPosition(
  session: Session,
  upload: PieceUpload,
  location: URL,
  sent: number,
): Promise<Position | undefined> {
  const request = uploadRequest(upload, "GET", location, [200, 204, 400, 405, ...lostStatuses], {});
  const response = await session.send(request);
  await response.discard();
  if (response.status !== 200 && response.status !== 204) return undefined;
  const offset = rangeEnd(response);
  // `0-0` is what registries say for one byte and for none: not worth finding out.
  if (offset === undefined || offset <= 1 || offset > sent) return undefined;
  return { location: locationOf(response, location, request.what) ?? location, offset };
}

/** The number of bytes that `Range: 0-N` stands for. */
function rangeEnd(response: HttpResponse): number | undefined {
  const [, last] = /^(?:bytes=)?0-(\d+)$/.exec(response.header("range") ?? "") ?? [];
  return last === undefined ? undefined : Number(last) + 1;
}

async function finish(
  session: Session,
  upload: ContentUpload,
  location: URL,
  body: RequestBody,
  progress: UploadProgress,
): Promise<UploadOutcome> {
  const { digest, size } = upload.descriptor;
  const target = new URL(location);
  target.searchParams.set("digest", digest);
  const headers = { "content-type": "application/octet-stream" };
  const request = uploadRequest(upload, "PUT", target, [201, ...lostStatuses], { headers, body });
  const response = await session.tryOnce(request, progress.budget);
  if (response === undefined) return "lost";
  await response.discard();
  if (response.status !== 201) {
    await lost(upload, progress, response);
    return "lost";
  }
  checkDigest(response.header("docker-content-digest"), digest, request.what);
  progress.kept(size);
  return "done";
}

function checkDigest(seen: string | undefined, digest: Digest, what: string): void {
  if (seen !== undefined && isDigest(seen) && seen !== digest)
    throw protocolError(what, `it took it for ${seen}`);
}

/** An upload that went away costs as much as any other failure: a registry that forgets each of them is given up. */
async function lost(
  upload: PieceUpload,
  progress: UploadProgress,
  response: HttpResponse,
): Promise<undefined> {
  const reason = `the registry lost the upload (status ${response.status})`;
  if (await progress.budget.spend(reason, undefined, upload.signal)) return undefined;
  throw protocolError(upload.what, "it loses every upload that it begins");
}

function uploadRequest(
  upload: PieceUpload,
  method: HttpRequest["method"],
  target: URL,
  accept: readonly number[],
  more: Pick<RegistryRequest, "headers" | "body">,
): RegistryRequest {
  const { endpoint, signal } = upload;
  const scopes = [pushScope(endpoint.repository)];
  return { endpoint, method, target, scopes, accept, what: upload.what, signal, ...more };
}

/**
 * Bytes that are written at once: whether a connection stalls is seen between two writes, so a slow one must not take long
 * for one of them.
 */
const writeBytes = 64 * 1024;

/** Bytes `start` to `end` of the blob. */
async function* slice(
  upload: PieceUpload,
  start: number,
  end: number,
  progress: UploadProgress,
): AsyncGenerator<Uint8Array, void, void> {
  let offset = start;
  for await (const chunk of upload.source.open(start)) {
    for (let at = 0; at < chunk.length; at += writeBytes) {
      const part = chunk.subarray(at, Math.min(at + writeBytes, at + end - offset));
      offset += part.length;
      yield part;
      progress.sent(offset);
      if (offset === end) return;
    }
  }
}
