import type { Descriptor } from "../../oci/spec/descriptor.ts";
import type { Blobs } from "../../oci/store/contract.ts";
import { keepArtifact } from "../attest/stored-artifact.ts";
import type { Publication, ReleasedImage } from "../publication.ts";
import { publishedTags } from "../published-tags.ts";
import type { PlanDocument, PlanDocumentImage } from "./plan-document.ts";

/** The plan of images whose digests are known. Their manifests are kept in the store, for who runs it there. */
export async function planDocument(
  { plan }: Publication,
  images: readonly ReleasedImage[],
  blobs: Blobs,
): Promise<PlanDocument> {
  for (const { release, artifacts = [] } of images) {
    const documents = [release.top, ...release.manifests.map(({ document }) => document)];
    for (const { bytes, descriptor } of documents) if (!blobs.has(descriptor.digest)) await blobs.put(bytes);
    for (const artifact of artifacts) await keepArtifact(artifact, blobs);
  }
  return { version: 1, destination: plan.destination, facts: plan.facts, images: images.map(imageOf) };
}

function imageOf(image: ReleasedImage): PlanDocumentImage {
  const { plan, release, tags } = image;
  const { name, repository, dependsOn } = plan;
  const actions = publishedTags(image, release.top.descriptor.digest);
  return {
    name,
    repository,
    dependsOn,
    manifest: plain(release.top.descriptor),
    platforms: release.manifests.map(({ platform, document, imageId }) => {
      return { platform, digest: document.descriptor.digest, imageId };
    }),
    tags: tags.map(({ tag, class: kind, reason, now }, index) => {
      const from = now === undefined ? null : plain(now);
      return { tag, class: kind, reason, from, action: actions[index]?.action ?? "keep" };
    }),
    ...attestationsOf(image),
  };
}

/** Those that stay are there already: nobody has to bring them. */
function attestationsOf({
  artifacts = [],
  attestations = [],
}: ReleasedImage): Pick<PlanDocumentImage, "attestations"> {
  const planned = artifacts.flatMap(({ subject, artifactType, manifest }) => {
    const isOurs = attestations.some((one) => one.subject === subject && one.digest === manifest.digest);
    return isOurs ? [{ subject, artifactType, manifest: plain(manifest) }] : [];
  });
  return planned.length === 0 ? {} : { attestations: planned };
}

const plain = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size });
