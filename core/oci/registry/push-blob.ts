import type { EventSink } from "../../events.ts";
import type { Descriptor } from "../spec/descriptor.ts";
import type { Endpoint } from "./host-options.ts";
import { headBlob } from "./read-blob.ts";
import type { Session } from "./session.ts";
import { TransferMeter } from "./transfer-meter.ts";
import { beginUpload, cancelUpload, mountBlob, type UploadSession } from "./upload-session.ts";
import { type BlobSource, uploadChunks, uploadWhole } from "./upload-content.ts";
import { UploadProgress } from "./upload-progress.ts";

export interface BlobPush {
  readonly endpoint: Endpoint;
  readonly descriptor: Pick<Descriptor, "digest" | "size">;
  readonly source: BlobSource;
  /** Repositories of the same registry that may have it already, the likeliest first. */
  readonly mountFrom: readonly string[];
  /** Larger blobs are sent in pieces of this size (bytes), so that a lost connection costs one piece at most. */
  readonly chunkBytes: number;
  readonly emit: EventSink;
  readonly signal: AbortSignal | undefined;
}

/** Brings a blob into a repository that lacks it: mounted where the registry allows it, else uploaded. */
export async function pushBlob(session: Session, push: BlobPush): Promise<"mounted" | "uploaded"> {
  const { endpoint, descriptor, emit } = push;
  const name = `${endpoint.registry}/${endpoint.repository}@${descriptor.digest}`;
  const id = `push ${endpoint.registry}/${endpoint.repository}@${descriptor.digest}`;
  const meter = new TransferMeter(emit, { id, kind: "push", name, total: descriptor.size });
  try {
    const { from, opened } = await tryMounts(session, push);
    if (from !== undefined) {
      meter.end("mounted", from);
      return "mounted";
    }
    await upload(session, push, meter, opened);
  } catch (error) {
    meter.failed(0);
    throw error;
  }
  meter.end("done");
  return "uploaded";
}

/** A refused mount is an upload begun (distribution-spec, end-11): it is used. */
async function tryMounts(
  session: Session,
  push: BlobPush,
): Promise<{ readonly from?: string; readonly opened?: UploadSession | undefined }> {
  let opened: UploadSession | undefined;
  for (const from of push.mountFrom) {
    if (opened !== undefined) await cancelUpload(session, push, opened);
    const answer = await mountBlob(session, push, from);
    if (answer === "mounted") return { from };
    opened = answer;
  }
  return { opened };
}

async function upload(
  session: Session,
  push: BlobPush,
  meter: TransferMeter,
  opened: UploadSession | undefined,
): Promise<void> {
  const { endpoint, descriptor, signal } = push;
  const what = `push ${descriptor.digest} to ${endpoint.registry}/${endpoint.repository}`;
  const progress = new UploadProgress(session.exchange.budget(what), meter);
  let pieces = descriptor.size > push.chunkBytes;
  let current = opened;
  for (;;) {
    current ??= await beginUpload(session, push);
    const outcome = await (pieces ? uploadChunks : uploadWhole)(
      session,
      { ...push, what },
      current,
      progress,
    );
    if (outcome === "done") return;
    if (outcome === "no-chunks") pieces = false;
    // The registry may have had all of it when the connection was lost.
    else if (await headBlob(session, endpoint, descriptor.digest, signal)) return;
    current = undefined;
  }
}
