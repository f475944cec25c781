import type { Site } from "../../../declare/site.ts";
import type { ContainerConfig } from "../../../oci/spec/image-config.ts";
import type { Vertex, VertexId } from "../../definition.ts";
import type { Content } from "../../operation.ts";

/** Something that a Dockerfile cannot hold and that is put beside it, by its path in the context `files`. */
export type GeneratedFile =
  | { readonly type: "file"; readonly content: Content }
  | { readonly type: "symlink"; readonly target: string };

/** What the instructions of a stage are written with. Each call may add to what stands around them. */
export interface Surroundings {
  vertex(id: VertexId): Vertex;
  /** `--from` of files of another vertex: a stage, a reference, a named context. Error `EXPORT_UNSUPPORTED`. */
  fromOf(id: VertexId, site: Site | undefined): string;
  /** `--from` of a directory of this machine; undefined for the main context. */
  contextOf(directory: string): string | undefined;
  /** Puts something beside the Dockerfile: `--from`, and the directory that it lies in alone under `name`. */
  generate(name: string, file: GeneratedFile, site: Site | undefined): Placed;
  /** An empty directory of this name, alone in the directory of a helper stage. */
  emptyDirectory(name: string, site: Site | undefined): Placed;
  /** A file in a helper stage, for a mount: `path` is its own. */
  mountedFile(content: Content, mode: number, site: Site | undefined): Placed;
}

export interface Placed {
  readonly from: string;
  /** Absolute. */
  readonly path: string;
}

/** What holds at a place in a stage. */
export interface StageState {
  /** As far as it is known: complete where `isKnown`. */
  readonly config: ContainerConfig;
  /** Whether what the base says is in `config`. */
  readonly isKnown: boolean;
  /** Whether something runs in this stage or in one that it begins with: then it has programs. */
  readonly hasPrograms: boolean;
}
