import type { Place } from "../errors/place.ts";
import type { Platform } from "../oci/spec/platform.ts";
import type { ConfigInstruction, Operation } from "./operation.ts";

/** The digest (64 hex digits) of an operation, its platform and the ids of its inputs: equal work has one id. */
export type VertexId = string;

/** A place in the source that is worked out only when it is shown: source maps are not read on the way of a build that does nothing. */
export interface Site {
  place(): Place | undefined;
}

export interface Vertex {
  readonly id: VertexId;
  readonly op: Operation;
  readonly platform: Platform;
  readonly inputs: readonly VertexId[];
  /** As a person reads it, without the image's name: `COPY package.json /app/`, `RUN npm ci`. */
  readonly name: string;
  /** Images that need this vertex, in the order of declaration. Outside the id. */
  readonly images: readonly string[];
  /** Where it was declared first. Outside the id. */
  readonly site?: Site;
}

/** One line of an image's history, oldest first, after those of its base. */
export type ImageStep =
  | { readonly type: "layer"; readonly vertex: VertexId; readonly createdBy: string; readonly site?: Site }
  | { readonly type: "config"; readonly instruction: ConfigInstruction; readonly createdBy: string; readonly site?: Site };

export interface CompiledPlatform {
  readonly platform: Platform;
  /** The vertex whose tree and configuration the image begins with; undefined for scratch. */
  readonly source?: VertexId;
  readonly steps: readonly ImageStep[];
  /** The vertex with the image's whole file tree; undefined for an image without files. */
  readonly top?: VertexId;
}

export interface CompiledImage {
  readonly name: string;
  readonly platforms: readonly CompiledPlatform[];
  readonly annotations: {
    readonly manifest: Readonly<Record<string, string>>;
    readonly index: Readonly<Record<string, string>>;
    readonly descriptor: Readonly<Record<string, string>>;
  };
  /** Absolute directory of the package that declares it. */
  readonly directory: string;
  readonly site?: Site;
  /** `group("release", […])` memberships. */
  readonly groups: readonly string[];
}

export interface Definition {
  /** Inputs come before those that use them. */
  readonly vertices: ReadonlyMap<VertexId, Vertex>;
  readonly images: readonly CompiledImage[];
}
