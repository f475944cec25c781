import type { Digest } from "../oci/spec/digest.ts";
import type { Platform } from "../oci/spec/platform.ts";
import type { Json } from "../util/json.ts";

/** A package of software that is in an image for certain: somebody who put it there says so. */
export interface SoftwarePackage {
  readonly name: string;
  readonly version: string;
  /** A package URL: `pkg:deb/debian/curl@8.5.0-2?arch=amd64`. */
  readonly purl: string;
  /** Of the archive that it came in: hexadecimal digits by algorithm. */
  readonly checksums?: Readonly<Partial<Record<"sha1" | "sha256" | "sha384" | "sha512", string>>>;
}

/** Something that an image was made from. */
export interface Material {
  /** For people: the reference, the plugin's title. */
  readonly name: string;
  /** Without credentials, and not of this machine alone. */
  readonly uri?: string;
  /** Digits by algorithm, as in-toto names them: `sha256`, `gitCommit`. */
  readonly digest: Readonly<Record<string, string>>;
}

/** Where the declarations come from, as far as it is known. */
export interface SourceRevision {
  /** An address without credentials. */
  readonly repository?: string;
  readonly revision?: string;
  /** Files differ from the commit. */
  readonly dirty: boolean;
}

/** An image for one platform as it is published. Nothing here depends on when or where that happens. */
export interface AttestedImage {
  /** As the workspace names it. */
  readonly name: string;
  readonly platform: Platform;
  /** Of its manifest. */
  readonly digest: Digest;
  /** Of its configuration. */
  readonly imageId: Digest;
  readonly source: SourceRevision;
  /** The bases, also those of stages that files were copied from; sources of plugins, repositories, downloads. */
  readonly materials: readonly Material[];
  /** The image that it lies on; absent where that is scratch or a plugin's source. */
  readonly base?: Material;
  /** What plugins put into it. What the base has and what a RUN installed is not among it. */
  readonly packages: readonly SoftwarePackage[];
  /** What `param` gave, by name. */
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** A line for each instruction, the base's first. */
  readonly steps: readonly string[];
  /** Seconds since 1970 that times are clamped to. */
  readonly clampTime: number;
  /** Of tsdock. */
  readonly version: string;
}

/** A document about an image, published as an artifact that names the image as its subject (OCI image-spec, manifest.md). */
export interface Attestation {
  /** Of the artifact and of its only blob: `application/spdx+json`. */
  readonly artifactType: string;
  /** Text as it is, or JSON, which is written in one way. */
  readonly content: string | { readonly json: Json };
  /** Of the artifact. */
  readonly annotations?: Readonly<Record<string, string>>;
  /**
   * It tells how the image came about: where one of the same type and annotations is there, that one stays. Otherwise there is another
   * one whenever the content is another.
   */
  readonly once?: boolean;
}

/** Makes documents about images. Equal input must give equal bytes. */
export interface AttestationPlugin {
  /** For messages. */
  readonly name: string;
  attest(image: AttestedImage): readonly Attestation[] | Promise<readonly Attestation[]>;
}
