import { TsdockError } from "../../errors/tsdock-error.ts";
import { parseManifest } from "../../oci/image/image-view.ts";
import type { Descriptor } from "../../oci/spec/descriptor.ts";
import type { Blobs } from "../../oci/store/contract.ts";
import type { PublishBlob } from "../destination.ts";
import type { PlanDocumentAttestation } from "../plan/plan-document.ts";
import type { Artifact, ArtifactContent } from "./artifact.ts";

/** Keeps an artifact with its blobs in the store, for another run. */
export async function keepArtifact({ manifest, content }: Artifact, store: Blobs): Promise<void> {
  if (store.has(manifest.digest)) return;
  const { bytes, blobs } = await content();
  for (const { descriptor, source } of blobs) {
    if (!store.has(descriptor.digest)) await store.putStream(source.open(0), descriptor);
  }
  await store.put(bytes);
}

/** An artifact of a plan, from the store where it has to be sent. Error `PUBLISH_BLOB_MISSING`. */
export const storedArtifact = (
  { subject, artifactType, manifest }: PlanDocumentAttestation,
  store: Blobs,
): Artifact => ({
  subject,
  manifest: { ...manifest, artifactType },
  artifactType,
  annotations: {},
  once: false,
  content: () => readArtifact(manifest, store),
});

async function readArtifact(manifest: Descriptor, store: Blobs): Promise<ArtifactContent> {
  if (!store.has(manifest.digest)) {
    const message = `an attestation of the plan is neither at the destination nor in the store: ${manifest.digest}`;
    throw new TsdockError("PUBLISH_BLOB_MISSING", message, {
      hint: "run `tsdock publish --plan-out FILE` without --dry-run, or give this run the store of that one",
    });
  }
  const bytes = await store.read(manifest.digest);
  const { config, layers } = parseManifest(bytes, manifest);
  const blobs = [...layers, config].map((descriptor): PublishBlob => {
    return {
      descriptor,
      repositories: [],
      source: { open: (start) => store.open(descriptor.digest, start) },
    };
  });
  return { bytes, blobs };
}
