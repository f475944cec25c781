import type { Files } from "../../declare/files.ts";
import type { Link } from "../../declare/instruction.ts";
import type { Site } from "../../declare/site.ts";
import type { SourceIdentity } from "../../declare/source.ts";
import type { Platform } from "../../oci/spec/platform.ts";
import { createdBy } from "../created-by.ts";
import type { ImageStep, VertexId } from "../definition.ts";
import type { ConfigInstruction, Operation } from "../operation.ts";

export type AnnotationLevel = "manifest" | "index" | "descriptor";

/** What compiling one image for one platform needs of the compiler. */
export interface Workshop {
  /** The vertex with the files of `files`; undefined where there are none. Errors are those of the declaration. */
  files(files: Files, draft: Draft, site: Site): VertexId | undefined;
  /** As a person knows it: the image's name, the reference, the plugin's title. */
  title(files: Files): string;
  add(draft: Draft, op: Operation, inputs: readonly VertexId[], name: string, site: Site): VertexId;
  readonly plugins: Map<string, SourceIdentity>;
  /** What `copy` does where it says nothing about `link`. */
  readonly linkCopies: boolean;
}

/** An image for one platform, as far as it was compiled. */
export interface Draft {
  /** What the image is for; helpers get it. */
  readonly target: Platform;
  /** What it is made of: the target's, or that given to `from`. */
  platform: Platform;
  /** The context's absolute directory. */
  readonly context: () => string;
  source: VertexId | undefined;
  top: VertexId | undefined;
  steps: ImageStep[];
  /** All configuration instructions since the source. */
  config: ConfigInstruction[];
  /** A CMD was given since `from`. */
  cmdGiven: boolean;
  /** Of this image, not of its base. */
  triggers: { readonly text: string; readonly site: Site }[];
  annotations: Record<AnnotationLevel, Record<string, string>>;
  /** The image that it begins with, and how many of the steps come with that one: its own and those that its triggers made. */
  base: Draft | undefined;
  inherited: number;
  readonly root: Link;
}

/** Adds a line of configuration that makes no layer. */
export function configure(draft: Draft, instruction: ConfigInstruction, site: Site): void {
  draft.config.push(instruction);
  draft.steps.push({ type: "config", instruction, createdBy: createdBy(instruction, shellOf(draft)), site });
}

/** Lays a vertex on the top. */
export function layOn(
  draft: Draft,
  vertex: VertexId,
  step: Omit<Extract<ImageStep, { type: "layer" }>, "type" | "vertex">,
): void {
  draft.top = vertex;
  draft.steps.push({ type: "layer", vertex, ...step });
  if (step.instruction !== undefined) draft.config.push(step.instruction);
}

/** The shell as far as it is known before the base is: for history. */
export function shellOf(draft: Draft): { Shell?: readonly string[] } {
  const last = draft.config.findLast((one) => one.type === "shell");
  return last?.type === "shell" ? { Shell: last.shell } : {};
}

/** What an operation on the top begins with. */
export const onTop = (draft: Draft): { readonly base?: number; readonly inputs: readonly VertexId[] } =>
  draft.top === undefined ? { inputs: [] } : { base: 0, inputs: [draft.top] };
