import type { Descriptor, Index } from "../spec/descriptor.ts";
import { type Digest, isDigest } from "../spec/digest.ts";
import { mediaTypes } from "../spec/media-types.ts";
import type { Endpoint } from "./host-options.ts";
import { type FetchedManifest, getManifest, putManifest } from "./manifests.ts";
import { readPages } from "./pages.ts";
import { protocolError } from "./registry-error.ts";
import type { Session } from "./session.ts";

/** The tag that lists the referrers of a manifest where the registry does not (distribution-spec, "Referrers Tag Schema"). */
export const referrersTag = (subject: Digest): string => subject.replace(":", "-");

/**
 * What refers to a manifest: signatures, bills of material, provenance (distribution-spec, "Listing Referrers"). None
 * where nothing does; from the tag where the registry has no such API.
 */
export async function listReferrers(
  session: Session,
  endpoint: Endpoint,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const what = `list what refers to ${subject} of ${endpoint.registry}/${endpoint.repository}`;
  const headers = { accept: mediaTypes.index };
  // 404 and 405: there is no such API.
  const list = { endpoint, target: `referrers/${subject}`, headers, absent: [404, 405], what, signal };
  const found: Descriptor[] = [];
  let pages = 0;
  for await (const page of readPages(session, list)) {
    pages += 1;
    for (const one of readIndex(page, what)) found.push(one);
  }
  return pages > 0 ? found : await taggedReferrers(session, endpoint, subject, signal);
}

async function taggedReferrers(
  session: Session,
  endpoint: Endpoint,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const found = await getManifest(session, { endpoint, target: referrersTag(subject), signal });
  return found === undefined ? [] : readIndex(found.bytes, `read the referrers of ${subject}`);
}

function readIndex(bytes: Uint8Array, what: string): readonly Descriptor[] {
  let index: Partial<Index> | null;
  try {
    index = JSON.parse(Buffer.from(bytes).toString("utf8")) as Partial<Index> | null;
  } catch (error) {
    throw protocolError(what, `the answer is not JSON (${(error as Error).message})`);
  }
  const manifests = index?.manifests;
  if (!Array.isArray(manifests) || !manifests.every(({ digest }: Descriptor) => isDigest(digest))) {
    throw protocolError(what, "the answer is no image index");
  }
  return manifests as readonly Descriptor[];
}

export interface ReferrerRequest {
  readonly endpoint: Endpoint;
  /** A manifest that names its subject. */
  readonly document: FetchedManifest;
  readonly subject: Digest;
  readonly signal: AbortSignal | undefined;
}

/** Puts a manifest that refers to another one; where the registry does not keep count, its entry in the list of the tag too. */
export async function putReferrer(
  session: Session,
  { endpoint, document, subject, signal }: ReferrerRequest,
): Promise<void> {
  const { descriptor, bytes } = document;
  const { digest, mediaType } = descriptor;
  const { subject: counted } = await putManifest(session, {
    endpoint,
    target: digest,
    bytes,
    mediaType,
    signal,
  });
  if (counted === subject) return;
  const listed = await taggedReferrers(session, endpoint, subject, signal);
  if (listed.some((entry) => entry.digest === digest)) return;
  const index: Index = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [...listed, entryOf(document)],
  };
  const target = referrersTag(subject);
  await putManifest(session, {
    endpoint,
    target,
    bytes: Buffer.from(JSON.stringify(index)),
    mediaType: mediaTypes.index,
    signal,
  });
}

/** As the API lists it: with the type of the artifact and the annotations of the manifest. */
function entryOf({ descriptor, bytes }: FetchedManifest): Descriptor {
  const { artifactType, config, annotations } = JSON.parse(Buffer.from(bytes).toString("utf8")) as {
    readonly artifactType?: string;
    readonly config?: { readonly mediaType?: string };
    readonly annotations?: Readonly<Record<string, string>>;
  };
  const type = artifactType ?? config?.mediaType;
  const { mediaType, digest, size } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...(type === undefined ? {} : { artifactType: type }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
