import type { Files } from "../../declare/image.ts";
import type { Instruction } from "../../declare/instruction.ts";
import type { AddSource, FileOptions } from "../../declare/options.ts";
import type { Site } from "../../declare/site.ts";
import type { VertexId } from "../definition.ts";
import type { Content, CopySource, FileAction } from "../operation.ts";
import { checkContextPath, checkImagePath, checkMode, checkText, checkTreePath, checkUser } from "./check.ts";
import { type Draft, layOn, onTop, type Workshop } from "./draft.ts";
import { notFiles, problem } from "./problems.ts";
import { settlePath } from "./settle-path.ts";

type FileInstruction = Extract<
  Instruction,
  { type: "copy" | "add" | "file" | "symlink" | "directory" | "remove" }
>;

/** An action, and what a person reads. */
interface Planned {
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

/** Instructions that change files without running anything. */
export function compileFile(
  workshop: Workshop,
  draft: Draft,
  instruction: FileInstruction,
  site: Site,
): void {
  for (const planned of plan(workshop, draft, instruction, site)) {
    const { inputs, ...base } = onTop(draft);
    const { config } = settlePath(draft, planned.path);
    const vertex = workshop.add(
      draft,
      { type: "file", action: planned.action, ...base, link: planned.link ?? workshop.linkCopies, config },
      [...inputs, ...(planned.inputs ?? [])],
      planned.name ?? planned.text,
      site,
    );
    layOn(draft, vertex, { createdBy: planned.text, site });
  }
}

function plan(
  workshop: Workshop,
  draft: Draft,
  instruction: FileInstruction,
  site: Site,
): readonly Planned[] {
  switch (instruction.type) {
    case "copy":
      return [planCopy(workshop, draft, instruction, site)];
    case "add":
      return [planAdd(workshop, draft, instruction, site)];
    case "file":
      return [planWrite(draft, instruction, site)];
    case "symlink": {
      const path = checkImagePath(instruction.path, "the path of a symbolic link", site);
      const target = checkImagePath(instruction.target, "the target of a symbolic link", site);
      const { link, chown } = instruction.options;
      const action: FileAction = {
        type: "symlink",
        path: plain(draft, path),
        target,
        ...ownership({ chown }, site),
      };
      return [{ action, path, link, text: `SYMLINK ${target} ${path}` }];
    }
    case "directory": {
      const path = checkImagePath(instruction.path, "the path of a directory", site);
      const action: FileAction = {
        type: "directory",
        path: plain(draft, path),
        ...ownership(instruction.options, site),
      };
      return [{ action, path, link: instruction.options.link, text: `DIRECTORY ${path}` }];
    }
    case "remove":
      return instruction.paths.map((path) => planRemove(draft, path, site));
  }
}

/** Without the trailing slash, which says nothing where the path names itself. */
function plain(draft: Draft, path: string): string {
  const settled = settlePath(draft, path).path;
  return settled.length > 1 ? settled.replace(/\/+$/, "") : settled;
}

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

type CopyInstruction = Extract<Instruction, { type: "copy" }>;

function planCopy(workshop: Workshop, draft: Draft, copy: CopyInstruction, site: Site): Planned {
  const { from, exclude = [], parents = false, link } = copy.options;
  const destination = checkImagePath(copy.destination, "the destination of a copy", site);
  if (!Array.isArray(copy.sources) || copy.sources.length === 0) {
    throw problem(
      "PATH_INVALID",
      "nothing to copy is named",
      site,
      'name at least one path: copy("dist", "/app/")',
    );
  }
  const { source, inputs } = sourceOf(workshop, draft, copy.options, site);
  const include = copy.sources.map((path) =>
    from === undefined ? checkContextPath(path, draft.context(), site) : checkTreePath(path, site),
  );
  const action: FileAction = {
    type: "copy",
    source,
    include,
    exclude: exclude.map((pattern) => checkText(pattern, "a pattern to exclude", site)),
    destination: settlePath(draft, destination).path,
    parents,
    ...ownership(copy.options, site),
  };
  const paths = [...include, destination].join(" ");
  const name = from === undefined ? `COPY ${paths}` : `COPY --from=${workshop.title(from)} ${paths}`;
  return { action, path: destination, inputs, link, text: `COPY ${paths}`, name };
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

function planAdd(
  workshop: Workshop,
  draft: Draft,
  add: Extract<Instruction, { type: "add" }>,
  site: Site,
): Planned {
  const path = checkImagePath(add.destination, "the destination of an add", site);
  const common = { destination: settlePath(draft, path).path, ...ownership(add.options, site) };
  const { link } = add.options;
  const source: AddSource | undefined = typeof add.source === "object" ? add.source : undefined;
  if (source?.url !== undefined) {
    const url = checkUrl(source.url, site);
    const checksum = checkChecksum(source.checksum, site);
    return { action: { type: "download", url, checksum, ...common }, path, link, text: `ADD ${url} ${path}` };
  }
  if (source?.archive !== undefined) {
    const from = sourceOf(workshop, draft, source, site);
    const file =
      source.from === undefined
        ? checkContextPath(source.archive, draft.context(), site)
        : checkTreePath(source.archive, site);
    const action: FileAction = { type: "extract", source: from.source, path: file, ...common };
    return { action, path, inputs: from.inputs, link, text: `ADD ${file} ${path}` };
  }
  if (source?.git !== undefined) return planGit(workshop, draft, { source, common, path, link }, site);
  throw problem(
    "DECLARATION_INVALID",
    "add takes { url, checksum }, { git, ref } or { archive }",
    site,
    "for files of the context use copy()",
  );
}

function planGit(
  workshop: Workshop,
  draft: Draft,
  {
    source,
    common,
    path,
    link,
  }: {
    readonly source: Extract<AddSource, { git: string }>;
    readonly common: { destination: string; chown?: string; chmod?: number };
    readonly path: string;
    readonly link: boolean | undefined;
  },
  site: Site,
): Planned {
  const repository = checkText(source.git, "a git repository", site);
  const ref = checkText(source.ref, "the ref of a git repository", site);
  if (repository === "" || repository.startsWith("-"))
    throw problem("URL_INVALID", `${JSON.stringify(repository)} is not a git repository`, site);
  if (!/^[^-\s~^:?*[\\][^\s~^:?*[\\]*$/.test(ref)) {
    throw problem(
      "DECLARATION_INVALID",
      `${JSON.stringify(ref)} is not a git ref`,
      site,
      "name a branch, a tag or a commit",
    );
  }
  const subdirectory =
    source.subdirectory === undefined
      ? {}
      : { subdirectory: checkContextPath(source.subdirectory, repository, site) };
  const title = `${repository}#${ref}`;
  const files = workshop.add(
    draft,
    { type: "source", kind: "git", repository, ref, ...subdirectory },
    [],
    `GIT ${title}`,
    site,
  );
  const action: FileAction = {
    type: "copy",
    source: { type: "input", input: onTop(draft).inputs.length },
    include: ["/"],
    exclude: [],
    parents: false,
    ...common,
  };
  return { action, path, inputs: [files], link, text: `ADD ${title} ${path}` };
}

function checkUrl(value: unknown, site: Site): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) {
    if (url.username === "" && url.password === "") return url.href;
    throw problem("URL_INVALID", "a URL to add must not hold a password: it would be in the history", site);
  }
  throw problem("URL_INVALID", `${JSON.stringify(value)} is not an http or https URL`, site);
}

function checkChecksum(value: unknown, site: Site): `sha256:${string}` {
  if (typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value)) return value as `sha256:${string}`;
  throw problem(
    "CHECKSUM_INVALID",
    `${JSON.stringify(value)} is not a checksum`,
    site,
    "write sha256: and 64 lower-case hexadecimal digits",
  );
}

function planWrite(draft: Draft, file: Extract<Instruction, { type: "file" }>, site: Site): Planned {
  const path = checkImagePath(file.path, "the path of a file", site);
  if (/\/\.?$/.test(path))
    throw problem("PATH_INVALID", `${JSON.stringify(path)} names a directory, not a file`, site);
  const action: FileAction = {
    type: "write",
    path: plain(draft, path),
    content: contentOf(file.content, site),
    ...ownership(file.options, site),
  };
  return { action, path, link: file.options.link, text: `FILE ${path}` };
}

export function contentOf(content: unknown, site: Site): Content {
  if (typeof content === "string") return { text: content };
  if (content instanceof Uint8Array)
    return { base64: Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("base64") };
  throw problem("DECLARATION_INVALID", "the contents of a file are text or bytes", site);
}

function planRemove(draft: Draft, value: unknown, site: Site): Planned {
  const path = checkImagePath(value, "a path to remove", site);
  const settled = plain(draft, path);
  if (settled === "/") throw problem("PATH_INVALID", "the root directory cannot be removed", site);
  // A whiteout means nothing without what it hides: never linked.
  return { action: { type: "remove", path: settled }, path, link: false, text: `REMOVE ${path}` };
}
