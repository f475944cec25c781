import type { TagClass } from "../../declare/tag-rule.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import type { PlanFact, PublishedImage, PublishResult } from "../publish-result.ts";

/**
 * `tsdock-release.json`: what a release consists of, for deployments, notes and audits. Version 1. Says nothing of times or
 * of who ran it: the same release gives the same bytes, however often and from wherever it is published. No secrets.
 */
export interface ReleaseRecord {
  readonly version: 1;
  readonly destination: string;
  /** The commit that it was made from; null where nobody said. */
  readonly revision: string | null;
  readonly facts: readonly PlanFact[];
  readonly images: readonly {
    readonly name: string;
    readonly repository: string;
    readonly digest: Digest;
    /** Names that mean it: `ghcr.io/acme/web:1.2.3`. */
    readonly references: readonly string[];
    readonly tags: readonly { readonly tag: string; readonly class: TagClass }[];
    readonly platforms: readonly {
      readonly platform: string;
      readonly digest: Digest;
      /** Digest of the configuration. */
      readonly imageId: Digest;
    }[];
    /** Documents about its manifests: referrers. Absent where there are none of this release. */
    readonly attestations?: readonly {
      readonly subject: Digest;
      readonly artifactType: string;
      readonly digest: Digest;
    }[];
  }[];
}

export function releaseRecord({ destination, facts, images }: PublishResult): ReleaseRecord {
  const revision = facts.find(({ name }) => name === "revision")?.value ?? null;
  return { version: 1, destination, revision, facts, images: images.map(recordOf) };
}

function recordOf(image: PublishedImage): ReleaseRecord["images"][number] {
  const { name, repository, digest, platforms, attestations = [] } = image;
  const held = image.tags.filter(({ action }) => action !== "skip");
  return {
    name,
    repository,
    digest,
    references: held.map(({ tag }) => `${referencePrefix(image)}:${tag}`),
    tags: held.map(({ tag, class: kind }) => ({ tag, class: kind })),
    platforms,
    ...(attestations.length === 0
      ? {}
      : {
          attestations: attestations.map(({ subject, artifactType, digest }) => ({
            subject,
            artifactType,
            digest,
          })),
        }),
  };
}

/** What stands before the colon of a tag: in a layout the image's name is a part of it. */
export const referencePrefix = ({ repository, name }: Pick<PublishedImage, "repository" | "name">): string =>
  repository.startsWith("oci:") ? `${repository}:${name}` : repository;
