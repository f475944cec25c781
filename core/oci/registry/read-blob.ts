import { createHash } from "node:crypto";
import { isTsdockError } from "../../errors/tsdock-error.ts";
import type { EventSink } from "../../events.ts";
import type { Descriptor } from "../spec/descriptor.ts";
import type { Digest } from "../spec/digest.ts";
import type { Endpoint } from "./host-options.ts";
import type { HttpResponse } from "./http.ts";
import { protocolError } from "./registry-error.ts";
import { pullScope } from "./scope.ts";
import type { RegistryRequest, Session } from "./session.ts";
import { TransferMeter } from "./transfer-meter.ts";

export interface BlobRead {
  /** Asked in order: a mirror first. */
  readonly endpoints: readonly Endpoint[];
  readonly descriptor: Pick<Descriptor, "digest" | "size">;
  /** Bytes to leave out at the start. */
  readonly start: number;
  readonly emit: EventSink;
  readonly signal: AbortSignal | undefined;
}

/** Whether a repository has a blob; its size if so. */
export async function headBlob(
  session: Session,
  endpoint: Endpoint,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const response = await session.send({
    endpoint,
    method: "HEAD",
    target: `blobs/${digest}`,
    scopes: [pullScope(endpoint.repository)],
    accept: [200, 404],
    what: `look for ${digest} in ${endpoint.registry}/${endpoint.repository}`,
    signal,
  });
  await response.discard();
  return response.status === 200;
}

/**
 * A blob's bytes, resumed where a connection was lost. Ends with `REGISTRY_PROTOCOL` if they are not `size` bytes or,
 * read from their start, do not have the digest: what came before is to be thrown away then.
 */
export async function* readBlob(session: Session, read: BlobRead): AsyncGenerator<Uint8Array, void, void> {
  const { descriptor, start, endpoints, emit } = read;
  const { digest, size } = descriptor;
  const hash = start === 0 ? createHash("sha256") : undefined;
  const name = `${endpoints.at(-1)?.repository ?? ""}@${digest}`;
  const meter = new TransferMeter(emit, { id: `pull ${digest}`, kind: "pull", name, total: size });
  let offset = start;
  let complete = false;
  try {
    for (const [index, endpoint] of endpoints.entries()) {
      try {
        for await (const chunk of readFrom(session, endpoint, read, offset)) {
          offset += chunk.length;
          hash?.update(chunk);
          meter.advance(offset);
          yield chunk;
        }
        break;
      } catch (error) {
        if (index === endpoints.length - 1 || !isTsdockError(error)) throw error;
        emit({ type: "debug", message: `${error.message}; trying the next place` });
      }
    }
    const what = `pull ${name}`;
    const seen = hash?.digest("hex");
    if (seen !== undefined && digest !== `sha256:${seen}`)
      throw protocolError(what, `the content has the digest sha256:${seen}`);
    complete = true;
  } finally {
    if (complete) meter.end("done");
    else meter.failed(offset);
  }
}

async function* readFrom(
  session: Session,
  endpoint: Endpoint,
  { descriptor, signal }: BlobRead,
  from: number,
): AsyncGenerator<Uint8Array, void, void> {
  const { digest, size } = descriptor;
  const what = `pull ${digest} from ${endpoint.registry}/${endpoint.repository}`;
  const budget = session.exchange.budget(what);
  let offset = from;
  while (offset < size) {
    const request = rangeRequest(endpoint, digest, offset, what, signal);
    const response = await session.tryOnce(request, budget);
    if (response === undefined) continue;
    let skip = checkRange(response, offset, size, what);
    try {
      for await (const chunk of response.body) {
        const part = skip === 0 ? chunk : chunk.subarray(skip);
        skip -= chunk.length - part.length;
        if (part.length === 0) continue;
        offset += part.length;
        if (offset > size) throw protocolError(what, `it has more than ${size} bytes`);
        budget.progress();
        yield part;
      }
      if (offset < size) throw Object.assign(new Error("cut short"), { code: "HPE_INVALID_EOF_STATE" });
    } catch (error) {
      await session.exchange.recover(error, await session.prepare(request), budget);
    }
  }
}

function rangeRequest(
  endpoint: Endpoint,
  digest: Digest,
  offset: number,
  what: string,
  signal: AbortSignal | undefined,
): RegistryRequest {
  return {
    endpoint,
    method: "GET",
    target: `blobs/${digest}`,
    scopes: [pullScope(endpoint.repository)],
    headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
    accept: offset === 0 ? [200] : [200, 206],
    what,
    signal,
  };
}

/** Bytes of the answer that we have already: a server may ignore a range. */
function checkRange(response: HttpResponse, offset: number, size: number, what: string): number {
  const length = response.header("content-length");
  const expected = response.status === 206 ? size - offset : size;
  if (length !== undefined && Number(length) !== expected) {
    throw protocolError(what, `it says that there are ${length} bytes where ${expected} are expected`);
  }
  if (response.status === 200) return offset;
  const [, first] = /^bytes (\d+)-/.exec(response.header("content-range") ?? "") ?? [];
  if (Number(first) !== offset) throw protocolError(what, `it does not give the range from byte ${offset}`);
  return 0;
}
