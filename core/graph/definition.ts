import type { Site } from "../declare/site.ts";
import type { Platform } from "../oci/spec/platform.ts";
import type { ConfigInstruction, Operation } from "./operation.ts";

export type { Site } from "../declare/site.ts";

/** The digest (64 hex digits) of an operation, its platform and the ids of its inputs: equal work has one id. */
export type VertexId = string;

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
  | {
      readonly type: "layer";
      readonly vertex: VertexId;
      readonly createdBy: string;
      /** What the instruction does to the configuration besides: `WORKDIR` makes a directory and settles the working directory. */
      readonly instruction?: ConfigInstruction;
      /** Text that runs in the image's shell: the line is then `RUN SHELL… TEXT` with the shell that holds there. */
      readonly shellText?: string;
      readonly site?: Site;
    }
  | {
      /** All layers of a vertex's tree, each with a line of its own. */
      readonly type: "layers";
      readonly vertex: VertexId;
      /** For layers that have no history. */
      readonly createdBy: string;
      readonly site?: Site;
    }
  | {
      readonly type: "config";
      readonly instruction: ConfigInstruction;
      readonly createdBy: string;
      readonly site?: Site;
    };

export interface CompiledPlatform {
  readonly platform: Platform;
  /**
   * The vertex whose tree and configuration the image begins with; undefined for scratch. A merge or diff has files and an empty
   * configuration.
   */
  readonly source?: VertexId;
  readonly steps: readonly ImageStep[];
  /** The vertex with the image's whole file tree; undefined for an image without files. */
  readonly top?: VertexId;
}

/** An annotation that the declaration does not have. */
export interface DefaultAnnotation {
  readonly name: string;
  readonly value: string;
  /** Where it comes from, for people: `packages/web/package.json, description`. */
  readonly source: string;
}

export interface CompiledImage {
  readonly name: string;
  readonly platforms: readonly CompiledPlatform[];
  readonly annotations: {
    readonly manifest: Readonly<Record<string, string>>;
    readonly index: Readonly<Record<string, string>>;
    readonly descriptor: Readonly<Record<string, string>>;
  };
  /** What manifest and index say besides, unless they are annotated otherwise; absent where the image is to have nothing of it. */
  readonly described?: readonly DefaultAnnotation[];
  /** Absolute directory of the package that declares it. */
  readonly directory: string;
  readonly site?: Site;
  /** `group("release", […])` memberships. */
  readonly groups: readonly string[];
}

/** An image as it was declared, for one platform: also one that no module exports and others only begin with or take files from. */
export interface Stage {
  /** As it is exported, else as it was given to `image()`. */
  readonly name: string | undefined;
  readonly exported: boolean;
  /** What it is for, and what it is made of: the same unless the base is pinned to another. */
  readonly target: Platform;
  readonly platform: Platform;
  readonly source: VertexId | undefined;
  readonly steps: readonly ImageStep[];
  readonly top: VertexId | undefined;
  /** The image that it begins with. */
  readonly base: Stage | undefined;
  /** How many of `steps` come with the base: its own, and those that its triggers made. */
  readonly inherited: number;
  /** The call of `image()`. */
  readonly site: Site;
}

export interface Definition {
  /** Inputs come before those that use them. */
  readonly vertices: ReadonlyMap<VertexId, Vertex>;
  readonly images: readonly CompiledImage[];
}
