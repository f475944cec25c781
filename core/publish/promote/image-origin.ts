import type { LayoutReader } from "../../oci/image/layout-reader.ts";
import type { RegistryClient } from "../../oci/registry/client.ts";
import { referrersTag } from "../../oci/registry/referrers.ts";
import type { BlobSource } from "../../oci/registry/upload-content.ts";
import type { Descriptor } from "../../oci/spec/descriptor.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import { isManifestType } from "../../oci/spec/media-types.ts";
import { type Reference, repositoryName } from "../../oci/spec/reference.ts";
import type { Document } from "../destination.ts";

/** A published image as it is copied: read by digest, every byte verified. */
export interface ImageOrigin {
  /** `host/path`, which blobs can be mounted from; undefined where it is no registry's. */
  readonly repository: string | undefined;
  /** What the name that was given stands for. */
  top(signal: AbortSignal): Promise<Document>;
  document(descriptor: Descriptor, signal: AbortSignal): Promise<Document>;
  blob(descriptor: Descriptor, signal: AbortSignal): BlobSource;
  /** Manifests that name this one as their subject. */
  referrers(subject: Digest, signal: AbortSignal): Promise<readonly Descriptor[]>;
  /** What tools keep beside an image under tags made from its digest: cosign's signatures. Tag and document. */
  companions(
    subject: Digest,
    signal: AbortSignal,
  ): Promise<readonly { readonly tag: string; readonly document: Document }[]>;
}

/** Tags of cosign's before referrers: signature, attestation, bill of materials. */
const companionTags = (subject: Digest): readonly string[] =>
  ["sig", "att", "sbom"].map((kind) => `${referrersTag(subject)}.${kind}`);

/** An image of a registry. `reference` has a tag or a digest. */
export function registryOrigin(client: RegistryClient, reference: Reference): ImageOrigin {
  return {
    repository: repositoryName(reference),
    top: (signal) => client.manifest(reference, signal),
    document: ({ digest }, signal) => client.manifest({ ...reference, digest }, signal),
    blob: (descriptor, signal) => ({
      open: (start) => client.openBlob(reference, descriptor, start, signal),
    }),
    referrers: (subject, signal) => client.referrers(reference, subject, signal),
    async companions(subject, signal) {
      const { registry, repository } = reference;
      const found = await Promise.all(
        companionTags(subject).map(async (tag) => {
          const name = { registry, repository, tag };
          const there = await client.find(name, signal);
          return there === undefined ? [] : [{ tag, document: await client.manifest(name, signal) }];
        }),
      );
      return found.flat();
    },
  };
}

/** An image of an OCI image layout. `name` is `NAME:TAG`, undefined for the only one. */
export function layoutOrigin(reader: LayoutReader, name: string | undefined): ImageOrigin {
  const document = async (descriptor: Descriptor): Promise<Document> => {
    return { descriptor, bytes: await reader.read(descriptor.digest) };
  };
  const repository = name?.slice(0, name.lastIndexOf(":"));
  return {
    repository: undefined,
    top: () => document(reader.find(name)),
    document,
    blob: ({ digest }) => ({ open: (start) => skip(reader.open(digest), start) }),
    referrers: async (subject) => {
      const entries = reader.images.map(({ descriptor }) => descriptor);
      const manifests = entries.filter(({ mediaType }) => isManifestType(mediaType));
      const named = await Promise.all(
        manifests.map(async (entry) => ((await subjectOf(reader, entry)) === subject ? [entry] : [])),
      );
      return named.flat();
    },
    companions: async (subject) => {
      const wanted = companionTags(subject).map((tag) => [tag, `${repository ?? ""}:${tag}`] as const);
      const found = wanted.flatMap(([tag, name]) => {
        const image = reader.images.find((one) => one.name === name);
        return image === undefined ? [] : [{ tag, descriptor: image.descriptor }];
      });
      return Promise.all(
        found.map(async ({ tag, descriptor }) => ({ tag, document: await document(descriptor) })),
      );
    },
  };
}

async function subjectOf(reader: LayoutReader, { digest }: Descriptor): Promise<string | undefined> {
  const text = Buffer.from(await reader.read(digest)).toString("utf8");
  return (JSON.parse(text) as { readonly subject?: { readonly digest?: string } }).subject?.digest;
}

/** Leaves out the first bytes of a stream that cannot begin elsewhere. */
async function* skip(chunks: AsyncIterable<Uint8Array>, start: number): AsyncGenerator<Uint8Array> {
  let left = start;
  for await (const chunk of chunks) {
    if (left < chunk.byteLength) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.byteLength);
  }
}
