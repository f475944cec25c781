import type { AttestationPlugin, AttestedImage, Material } from "../../plugin/attestation.ts";
import { formatPlatform } from "../../oci/spec/platform.ts";
import type { Json } from "../../util/json.ts";

/** How much is told: `min` what it was made from, `max` also its parameters and instructions. */
export type ProvenanceMode = "min" | "max";

const predicateType = "https://slsa.dev/provenance/v1";
/** Named by the package that has its description: docs/publishing.md. */
const buildType = "pkg:npm/tsdock#publish/v1";
const builder = "pkg:npm/tsdock";

/** Where an image comes from: an in-toto statement with SLSA's provenance, version 1. Says nothing of when and where it was built. */
export const provenance = (mode: ProvenanceMode): AttestationPlugin => ({
  name: "provenance",
  attest: (image) => [
    {
      artifactType: "application/vnd.in-toto+json",
      annotations: { "in-toto.io/predicate-type": predicateType },
      once: true,
      content: { json: statement(image, mode) },
    },
  ],
});

const hex = (digest: string): string => digest.slice(digest.indexOf(":") + 1);

function statement(image: AttestedImage, mode: ProvenanceMode): Json {
  const { name, platform, digest, imageId, source, materials, params, steps, clampTime, version } = image;
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name, digest: { sha256: hex(digest) } }],
    predicateType,
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: {
          image: name,
          platform: formatPlatform(platform),
          ...(mode === "max" ? { params } : {}),
        },
        internalParameters: {
          imageId,
          sourceDateEpoch: clampTime,
          ...(mode === "max" ? { steps } : {}),
        },
        resolvedDependencies: [...sourceOf(source), ...materials.map(dependency)],
      },
      runDetails: { builder: { id: builder, version: { tsdock: version } } },
    },
  };
}

function sourceOf({ repository, revision, dirty }: AttestedImage["source"]): readonly Json[] {
  if (revision === undefined) return [];
  return [
    {
      name: "source",
      ...(repository === undefined ? {} : { uri: `git+${repository}` }),
      digest: { gitCommit: revision },
      ...(dirty ? { annotations: { dirty } } : {}),
    },
  ];
}

const dependency = ({ name, uri, digest }: Material): Json => ({
  name,
  ...(uri === undefined ? {} : { uri }),
  digest,
});
