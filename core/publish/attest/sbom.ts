import { createHash } from "node:crypto";
import type {
  AttestationPlugin,
  AttestedImage,
  Material,
  SoftwarePackage,
} from "../../plugin/attestation.ts";
import { canonicalJson, type Json } from "../../util/json.ts";

/**
 * What is in an image, as far as tsdock put it there: SPDX 2.3 as JSON. It lists no files, and neither what the base has nor what
 * a RUN installed: its comment says so.
 */
export const sbom: AttestationPlugin = {
  name: "sbom",
  attest: (image) => [{ artifactType: "application/spdx+json", content: { json: spdx(image) } }],
};

const comment =
  "Packages that tsdock itself put into the image. What the base image has and what RUN instructions installed is not listed.";

function spdx(image: AttestedImage): Json {
  const { name, digest, packages, base, clampTime, version } = image;
  const components = packages.map(component);
  const ids = components.map(({ SPDXID }) => SPDXID);
  const body = [imagePackage(image), ...(base === undefined ? [] : [basePackage(base)]), ...components];
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name,
    documentNamespace: `https://spdx.org/spdxdocs/${encodeURIComponent(name)}-${uuidOf(canonicalJson([digest, body, version]))}`,
    comment,
    creationInfo: {
      created: new Date(clampTime * 1000).toISOString().replace(".000Z", "Z"),
      creators: [`Tool: tsdock-${version}`],
    },
    packages: body,
    relationships: [
      relationship("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image"),
      ...(base === undefined ? [] : [relationship("SPDXRef-image", "DESCENDANT_OF", "SPDXRef-base")]),
      ...ids.map((id) => relationship("SPDXRef-image", "CONTAINS", id)),
    ],
  };
}

const relationship = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string): Json => ({
  spdxElementId,
  relationshipType,
  relatedSpdxElement,
});

/** What is not said is not known: SPDX wants that in words. */
const unknown = {
  downloadLocation: "NOASSERTION",
  licenseConcluded: "NOASSERTION",
  licenseDeclared: "NOASSERTION",
  copyrightText: "NOASSERTION",
  filesAnalyzed: false,
} as const;

const purlReference = (purl: string): Json => ({
  referenceCategory: "PACKAGE-MANAGER",
  referenceType: "purl",
  referenceLocator: purl,
});

const checksum = (algorithm: string, checksumValue: string): Json => ({
  algorithm: algorithm.toUpperCase(),
  checksumValue,
});

const hex = (digest: string): string => digest.slice(digest.indexOf(":") + 1);

function imagePackage({ name, platform, digest }: AttestedImage): Json {
  const last = encodeURIComponent(name.slice(name.lastIndexOf("/") + 1));
  return {
    ...unknown,
    SPDXID: "SPDXRef-image",
    name,
    versionInfo: digest,
    primaryPackagePurpose: "CONTAINER",
    checksums: [checksum("sha256", hex(digest))],
    externalRefs: [
      purlReference(`pkg:oci/${last}@${encodeURIComponent(digest)}?arch=${platform.architecture}`),
    ],
  };
}

const basePackage = ({ name, uri, digest }: Material): Json => ({
  ...unknown,
  SPDXID: "SPDXRef-base",
  name,
  primaryPackagePurpose: "CONTAINER",
  checksums: Object.entries(digest).map(([algorithm, value]) => checksum(algorithm, value)),
  ...(uri === undefined ? {} : { externalRefs: [purlReference(uri)] }),
});

/** By the address of the package: the same one has the same id in every document. */
function component({ name, version, purl, checksums = {} }: SoftwarePackage): { readonly SPDXID: string } {
  return {
    ...unknown,
    SPDXID: `SPDXRef-${createHash("sha256").update(purl).digest("hex").slice(0, 24)}`,
    name,
    versionInfo: version,
    ...(Object.keys(checksums).length === 0
      ? {}
      : { checksums: Object.entries(checksums).map(([algorithm, value]) => checksum(algorithm, value)) }),
    externalRefs: [purlReference(purl)],
  } as { readonly SPDXID: string };
}

/** A UUID that only what is given decides (RFC 9562, version 8). */
function uuidOf(text: string): string {
  const digits = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(digits.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join("-");
}
