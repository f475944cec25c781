import type { Files } from "../../declare/files.ts";
import type { FileOptions } from "../../declare/options.ts";
import type { Site } from "../../declare/site.ts";
import type { VertexId } from "../definition.ts";
import type { Content, CopySource, FileAction } from "../operation.ts";
import { checkMode, checkUser } from "./check.ts";
import { type Draft, onTop, type Workshop } from "./draft.ts";
import { notFiles, problem } from "./problems.ts";

/** An action, and what a person reads. */
export interface Planned {
  readonly action: FileAction;
  /** The path that a working directory settles. */
  readonly path: string;
  readonly inputs?: readonly VertexId[];
  readonly link?: boolean | undefined;
  /** For history: without flags, as docker has it. */
  readonly text: string;
  /** For people who watch a build. */
  readonly name?: string;
}

/** Owner and mode as an operation has them. */
export function ownership(
  options: {
    readonly chown?: FileOptions["chown"] | undefined;
    readonly chmod?: FileOptions["chmod"] | undefined;
  },
  site: Site,
): { chown?: string; chmod?: number } {
  return {
    ...(options.chown === undefined ? {} : { chown: checkUser(options.chown, site) }),
    ...(options.chmod === undefined ? {} : { chmod: checkMode(options.chmod, site) }),
  };
}

/** Where files come from: the context, or a further input of the vertex. */
export function sourceOf(
  workshop: Workshop,
  draft: Draft,
  options: { readonly from?: Files },
  site: Site,
  /** Inputs that the vertex has before. */
  before = onTop(draft).inputs.length,
): { readonly source: CopySource; readonly inputs: readonly VertexId[] } {
  const { from } = options;
  if (from === undefined) {
    // A base that is not there yet (an import cycle) must not become a copy from the context.
    if (Object.hasOwn(options, "from")) throw notFiles(from, "from", site);
    return { source: { type: "context", directory: draft.context() }, inputs: [] };
  }
  const vertex = workshop.files(from, draft, site);
  if (vertex !== undefined) return { source: { type: "input", input: before }, inputs: [vertex] };
  throw problem(
    "FILES_MISSING",
    `${workshop.title(from)} has no files to take`,
    site,
    "it begins with scratch, and nothing is copied into it",
  );
}

/** Contents from code, as an operation holds them. */
export function contentOf(content: unknown, site: Site): Content {
  if (typeof content === "string") return { text: content };
  if (content instanceof Uint8Array)
    return { base64: Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("base64") };
  throw problem("DECLARATION_INVALID", "the contents of a file are text or bytes", site);
}
