import type { Descriptor } from "../../oci/spec/descriptor.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import type { Destination } from "../destination.ts";
import type { PlacedAttestation } from "../publish-result.ts";
import type { BlobTally } from "../push-image.ts";
import type { Artifact } from "./artifact.ts";

export interface PlaceOptions {
  readonly destination: Destination;
  readonly repository: string;
  readonly counts: BlobTally;
  /** Only finds out what would be done. */
  readonly dryRun: boolean;
}

/**
 * Brings documents about manifests to the repository that has those: what is there is not sent. One after the other: a registry
 * that keeps no count has one list per subject, which is read and written as a whole.
 */
export async function placeArtifacts(
  artifacts: readonly Artifact[],
  options: PlaceOptions,
  signal: AbortSignal,
): Promise<readonly PlacedAttestation[]> {
  const { destination, repository } = options;
  const known = new Map<Digest, readonly Descriptor[]>();
  const placed: PlacedAttestation[] = [];
  for (const artifact of artifacts) {
    const { subject, artifactType, manifest } = artifact;
    const listed = known.get(subject) ?? (await destination.listReferrers(repository, subject, signal));
    known.set(subject, listed);
    const there = listed.find(({ digest }) => digest === manifest.digest) ?? earlier(artifact, listed);
    if (there === undefined && !options.dryRun) await place(artifact, options, signal);
    const { digest } = there ?? manifest;
    placed.push({
      subject,
      artifactType,
      digest,
      action: there === undefined ? "create" : "keep",
    });
  }
  return placed;
}

/** One that tells the same of how the image came about. */
function earlier(
  { once, artifactType, annotations }: Artifact,
  listed: readonly Descriptor[],
): Descriptor | undefined {
  if (!once) return undefined;
  return listed.find(
    (one) =>
      one.artifactType === artifactType &&
      Object.entries(annotations).every(([name, value]) => one.annotations?.[name] === value),
  );
}

async function place(
  { subject, manifest, content }: Artifact,
  { destination, repository, counts }: PlaceOptions,
  signal: AbortSignal,
): Promise<void> {
  const { bytes, blobs } = await content();
  for (const blob of blobs) {
    counts.add(await destination.putBlob(repository, blob, signal), blob.descriptor.size);
  }
  await destination.putReferrer(repository, { descriptor: manifest, bytes }, subject, signal);
}
