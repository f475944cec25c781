import type { Instruction } from "../../declare/instruction.ts";
import type { Site } from "../../declare/site.ts";
import type { FileAction } from "../operation.ts";
import { checkContextPath, checkImagePath, checkSome, checkText, checkTreePath } from "./check.ts";
import { planAdd } from "./compile-add.ts";
import { type Draft, layOn, onTop, type Workshop } from "./draft.ts";
import { contentOf, ownership, type Planned, sourceOf } from "./plan-file.ts";
import { problem } from "./problems.ts";
import { settlePath } from "./settle-path.ts";

type FileInstruction = Extract<
  Instruction,
  { type: "copy" | "add" | "file" | "symlink" | "directory" | "remove" }
>;

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
      return checkSome(instruction.paths, "remove", site).map((path) => planRemove(draft, path, site));
  }
}

/** Without the trailing slash, which says nothing where the path names itself. */
function plain(draft: Draft, path: string): string {
  const settled = settlePath(draft, path).path;
  return settled.length > 1 ? settled.replace(/\/+$/, "") : settled;
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

function planRemove(draft: Draft, value: unknown, site: Site): Planned {
  const path = checkImagePath(value, "a path to remove", site);
  const settled = plain(draft, path);
  if (settled === "/") throw problem("PATH_INVALID", "the root directory cannot be removed", site);
  // A whiteout means nothing without what it hides: never linked.
  return { action: { type: "remove", path: settled }, path, link: false, text: `REMOVE ${path}` };
}
