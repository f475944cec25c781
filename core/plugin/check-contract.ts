import type { Place } from "../errors/place.ts";
import type { CompiledImage, CompiledPlatform, Vertex, VertexId } from "../graph/definition.ts";
import type { LayerEntry } from "../oci/layer/entry.ts";
import type { Digest } from "../oci/spec/digest.ts";
import type { ContainerConfig } from "../oci/spec/image-config.ts";
import type { Json } from "../util/json.ts";

export type Severity = "error" | "warning" | "info";

/** Something that a rule found. One that several images share is told once. */
export interface CheckFinding {
  /** One line, without the place. Never the value of a secret. */
  readonly message: string;
  /** What to do about it, in one line. */
  readonly hint?: string;
  /** Where in the source it is. */
  readonly place?: Place | undefined;
  /** The image that has it. */
  readonly image?: string;
  /** Text that must not be shown where the source is. */
  readonly secret?: string;
}

/** A layer of an image that was built, lowest first. */
export interface CheckedLayer {
  readonly diffId: Digest;
  /** The instruction that made it; absent for layers of a base that was not built here. */
  readonly step?: { readonly createdBy: string; readonly place: Place | undefined };
  /** What is in it, whiteouts among it; undefined where the layer is only in its registry. */
  readonly entries: () => readonly LayerEntry[] | undefined;
}

/** An image as it lies in the store, built from the declarations as they are now. */
export interface CheckedBuild {
  readonly imageId: Digest;
  readonly config: ContainerConfig;
  readonly layers: readonly CheckedLayer[];
}

/** An image of the workspace for one platform. */
export interface CheckedImage {
  readonly name: string;
  readonly image: CompiledImage;
  readonly declared: CompiledPlatform;
  /** Where its last instruction is. */
  readonly place: Place | undefined;
  /** Absent where the store has none, or one of an older declaration. */
  readonly built?: CheckedBuild;
}

/** What a rule looks at. */
export interface CheckContext {
  readonly images: readonly CheckedImage[];
  readonly vertices: ReadonlyMap<VertexId, Vertex>;
  /** Whether `tsdock.lock` pins a reference or a `REPOSITORY#REF`. */
  readonly isLocked: (kind: "image" | "git", entry: string) => boolean;
  /** What the configuration gives the rule besides its severity: `["warning", OPTIONS]`. */
  readonly options: Json | undefined;
}

/** A rule of `tsdock check`. */
export interface CheckRule {
  /** `[a-z][a-z0-9-]*`; that of a plugin is known as `PLUGIN/ID`. */
  readonly id: string;
  /** Unless the configuration says otherwise. */
  readonly severity: Severity;
  /** What it finds, in one line. */
  readonly summary: string;
  /** An address with more about it. */
  readonly docs?: string;
  check(context: CheckContext): Iterable<CheckFinding>;
}

/** Rules under one name, for `check.plugins` of the configuration. */
export interface CheckPlugin {
  readonly name: string;
  readonly checks: readonly CheckRule[];
}
