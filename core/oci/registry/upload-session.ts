import type { Descriptor } from "../spec/descriptor.ts";
import type { Endpoint } from "./host-options.ts";
import type { HttpResponse } from "./http.ts";
import { redirectTarget } from "./redirect-target.ts";
import { protocolError } from "./registry-error.ts";
import { pullScope, pushScope } from "./scope.ts";
import type { Session } from "./session.ts";
import { isRefusal } from "./is-refusal.ts";

/** An upload that a registry has begun. */
export interface UploadSession {
  /** Where the next request goes: every answer may move it. */
  readonly location: URL;
  /** Bytes that the registry has; none unless given. */
  readonly offset?: number;
  /** Bytes: the smallest piece that the registry takes, but for the last. */
  readonly smallestChunk: number;
}

export interface UploadTarget {
  readonly endpoint: Endpoint;
  readonly signal: AbortSignal | undefined;
}

/** Distribution-spec, end-4a. */
export async function beginUpload(
  session: Session,
  { endpoint, signal }: UploadTarget,
): Promise<UploadSession> {
  const what = `begin an upload to ${endpoint.registry}/${endpoint.repository}`;
  const response = await session.send({
    endpoint,
    method: "POST",
    target: "blobs/uploads/",
    scopes: [pushScope(endpoint.repository)],
    body: nothing,
    accept: [202],
    what,
    signal,
  });
  await response.discard();
  return openedBy(response, endpoint, what);
}

/**
 * Distribution-spec, end-11. Gives the upload that a registry begins instead of mounting; undefined where it does
 * neither: mounting is only ever a shortcut.
 */
export async function mountBlob(
  session: Session,
  { endpoint, signal, descriptor }: UploadTarget & { readonly descriptor: Pick<Descriptor, "digest"> },
  from: string,
): Promise<"mounted" | UploadSession | undefined> {
  const what = `mount ${descriptor.digest} from ${from} into ${endpoint.registry}/${endpoint.repository}`;
  const query = new URLSearchParams({ mount: descriptor.digest, from });
  let response: HttpResponse;
  try {
    response = await session.send({
      endpoint,
      method: "POST",
      target: `blobs/uploads/?${query.toString()}`,
      scopes: [pushScope(endpoint.repository), pullScope(from)],
      body: nothing,
      accept: [201, 202],
      what,
      signal,
    });
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
  await response.discard();
  return response.status === 201 ? "mounted" : openedBy(response, endpoint, what);
}

/** Tells the registry that an upload will not be finished. One that it forgot is as good. */
export async function cancelUpload(
  session: Session,
  { endpoint, signal }: UploadTarget,
  { location }: UploadSession,
): Promise<void> {
  const response = await session.send({
    endpoint,
    method: "DELETE",
    target: location,
    scopes: [pushScope(endpoint.repository)],
    // Not all registries can cancel; what is left behind they remove in time.
    accept: [200, 202, 204, 400, 404, 405, 501],
    what: `cancel an upload to ${endpoint.registry}/${endpoint.repository}`,
    signal,
  });
  await response.discard();
}

export const nothing = { length: 0, open: (): Uint8Array => new Uint8Array(0) };

function openedBy(response: HttpResponse, endpoint: Endpoint, what: string): UploadSession {
  const smallest = Number(response.header("oci-chunk-min-length") ?? 0);
  const location = locationOf(
    response,
    new URL(`/v2/${endpoint.repository}/blobs/uploads/`, endpoint.origin),
    what,
  );
  if (location === undefined) throw protocolError(what, "it does not say where to upload to");
  return { location, smallestChunk: Number.isSafeInteger(smallest) && smallest > 0 ? smallest : 0 };
}

/** Where the registry wants the next request of an upload. */
export function locationOf(response: HttpResponse, from: URL, what: string): URL | undefined {
  const location = response.header("location");
  return location === undefined ? undefined : redirectTarget(location, from, what);
}
