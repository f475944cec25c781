import * as v from "valibot";
import type { Descriptor } from "../../oci/spec/descriptor.ts";
import type { Digest } from "../../oci/spec/digest.ts";
import { readDocument } from "../document/read-document.ts";
import { descriptor, digest, list, tagClass, tagName, text } from "../document/schemas.ts";
import type { PlanFact, PublishedTag, WantedTag } from "../publish-result.ts";

/**
 * A release that is decided to the last digest: what `--plan-out` writes and `--plan` runs, on another machine if need be.
 * Version 1; has no secrets. The manifests are at the destination by digest already, or in the store of who runs it.
 */
export interface PlanDocument {
  readonly version: 1;
  readonly destination: string;
  readonly facts: readonly PlanFact[];
  /** Those that others are made from come before them. */
  readonly images: readonly PlanDocumentImage[];
}

export interface PlanDocumentImage {
  readonly name: string;
  readonly repository: string;
  readonly dependsOn: readonly string[];
  readonly manifest: Descriptor;
  readonly platforms: readonly {
    readonly platform: string;
    readonly digest: Digest;
    readonly imageId: Digest;
  }[];
  readonly tags: readonly PlanDocumentTag[];
  /** Documents about its manifests: they are there, or in the store, as the image is. */
  readonly attestations?: readonly PlanDocumentAttestation[];
}

export interface PlanDocumentAttestation {
  /** The manifest that it is about. */
  readonly subject: Digest;
  readonly artifactType: string;
  readonly manifest: Descriptor;
}

export interface PlanDocumentTag extends WantedTag {
  /** What it meant when the plan was made; null where it did not exist. */
  readonly from: Descriptor | null;
  readonly action: PublishedTag["action"];
}

const fact = v.strictObject(
  { name: text, value: v.string("must be text"), source: text },
  "must be an object",
);
const tag = v.strictObject(
  {
    tag: tagName,
    class: tagClass,
    reason: v.string("must be text"),
    from: v.nullable(descriptor),
    action: v.picklist(["create", "move", "keep", "skip"], "must be create, move, keep or skip"),
  },
  "must be an object",
);
const image = v.strictObject(
  {
    name: text,
    repository: text,
    dependsOn: list(text),
    manifest: descriptor,
    platforms: list(v.strictObject({ platform: text, digest, imageId: digest }, "must be an object")),
    tags: list(tag),
    attestations: v.exactOptional(
      list(
        v.strictObject({ subject: digest, artifactType: text, manifest: descriptor }, "must be an object"),
      ),
    ),
  },
  "must be an object",
);
const schema = v.strictObject(
  { version: v.literal(1), destination: text, facts: list(fact), images: list(image) },
  "must be an object",
);

/** Error `PUBLISH_PLAN_INVALID` with the place of every mistake. */
export const parsePlan = (content: string, file: string): PlanDocument =>
  readDocument(content, file, schema, {
    what: "plan",
    code: "PUBLISH_PLAN_INVALID",
    version: 1,
    hint: "make it again by `tsdock publish --plan-out FILE`, with the same version of tsdock",
  });

export const formatPlan = (plan: PlanDocument): string => `${JSON.stringify(plan, undefined, 2)}\n`;
