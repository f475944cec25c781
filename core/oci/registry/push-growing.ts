import type { EventSink } from "../../events.ts";
import type { Descriptor } from "../spec/descriptor.ts";
import type { Endpoint } from "./host-options.ts";
import { isRefusal } from "./is-refusal.ts";
import { headBlob } from "./read-blob.ts";
import type { Session } from "./session.ts";
import { TransferMeter } from "./transfer-meter.ts";
import {
  type BlobSource,
  type PieceUpload,
  type Position,
  sendChunk,
  uploadChunks,
} from "./upload-content.ts";
import { UploadProgress } from "./upload-progress.ts";
import { beginUpload, cancelUpload, type UploadSession } from "./upload-session.ts";

/** A blob that is being made: what is there of it can be read, and what it is called is known when it is whole. */
export interface GrowingSource extends BlobSource {
  /** Waits until so many bytes are there, or it is whole: then it has a descriptor. Rejects if it will never be. */
  waitFor(length: number): Promise<{
    readonly available: number;
    readonly descriptor: Descriptor | undefined;
  }>;
}

export interface GrowingPush {
  readonly endpoint: Endpoint;
  readonly source: GrowingSource;
  /** Bytes of a piece that is sent before it is whole. */
  readonly pieceBytes: number;
  /** Of the pieces that are sent when it is whole. */
  readonly chunkBytes: number;
  readonly emit: EventSink;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends a blob while it is being made: only the last request of an upload has to name it. When its name is known and the
 * registry has it already, what was sent is forgotten. Undefined where it came to nothing, since the registry takes no pieces or
 * lost them. Then it can be pushed like any other.
 */
export async function pushGrowing(
  session: Session,
  push: GrowingPush,
): Promise<"uploaded" | "existing" | undefined> {
  const { endpoint, source, signal, emit, chunkBytes } = push;
  const what = `push a layer to ${endpoint.registry}/${endpoint.repository}`;
  const upload: PieceUpload = { endpoint, signal, source, what };
  // Nobody knows yet how much there is to tell of.
  const progress = new UploadProgress(session.exchange.budget(what), undefined);
  const opened = await beginUpload(session, { endpoint, signal });
  const position = await sendPieces(session, push, upload, opened, progress);
  const { descriptor } = await source.waitFor(Number.POSITIVE_INFINITY);
  if (position === undefined || descriptor === undefined) return undefined;
  const { digest, size } = descriptor;
  if (await headBlob(session, endpoint, digest, signal)) {
    await cancelUpload(session, { endpoint, signal }, { ...opened, location: position.location });
    return "existing";
  }
  const name = `${endpoint.registry}/${endpoint.repository}@${digest}`;
  const meter = new TransferMeter(emit, { id: `push ${name}`, kind: "push", name, total: size });
  const rest = {
    ...upload,
    descriptor,
    chunkBytes,
    what: `push ${digest} to ${endpoint.registry}/${endpoint.repository}`,
  };
  const begun = { ...opened, ...position };
  const outcome = await uploadChunks(session, rest, begun, new UploadProgress(progress.budget, meter));
  if (outcome !== "done") return undefined;
  meter.end("done");
  return "uploaded";
}

/** Sends what is there, piece by piece, until it is whole. Undefined where the registry does not take them. */
async function sendPieces(
  session: Session,
  { source, pieceBytes }: GrowingPush,
  upload: PieceUpload,
  { location, smallestChunk }: UploadSession,
  progress: UploadProgress,
): Promise<Position | undefined> {
  const length = Math.max(pieceBytes, smallestChunk);
  let position: Position = { location, offset: 0 };
  for (;;) {
    const { available, descriptor } = await source.waitFor(position.offset + length);
    // The last piece may be a small one, and is sent by whoever knows that it is the last.
    if (descriptor !== undefined || available < position.offset + length) return position;
    let next: Position | undefined;
    try {
      next = await sendChunk(session, upload, position, position.offset + length, progress);
    } catch (error) {
      if (position.offset === 0 && isRefusal(error)) return undefined;
      throw error;
    }
    if (next === undefined) return undefined;
    position = next;
    progress.kept(position.offset);
  }
}
