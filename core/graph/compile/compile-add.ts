import type { Instruction } from "../../declare/instruction.ts";
import type { AddSource } from "../../declare/options.ts";
import type { Site } from "../../declare/site.ts";
import type { FileAction } from "../operation.ts";
import { checkAddSource, isAddSource } from "./check-options.ts";
import { checkContextPath, checkImagePath, checkText, checkTreePath } from "./check.ts";
import { type Draft, onTop, type Workshop } from "./draft.ts";
import { ownership, type Planned, sourceOf } from "./plan-file.ts";
import { problem } from "./problems.ts";
import { settlePath } from "./settle-path.ts";

/** `ADD`: a file from the web, the files of a git repository, what is in an archive. */
export function planAdd(
  workshop: Workshop,
  draft: Draft,
  add: Extract<Instruction, { type: "add" }>,
  site: Site,
): Planned {
  const path = checkImagePath(add.destination, "the destination of an add", site);
  const common = { destination: settlePath(draft, path).path, ...ownership(add.options, site) };
  const { link } = add.options;
  const source = isAddSource(add.source) ? add.source : undefined;
  if (source?.url !== undefined) {
    checkAddSource("url", source, site);
    const url = checkUrl(source.url, site);
    const checksum = checkChecksum(source.checksum, site);
    return { action: { type: "download", url, checksum, ...common }, path, link, text: `ADD ${url} ${path}` };
  }
  if (source?.archive !== undefined) {
    checkAddSource("archive", source, site);
    const from = sourceOf(workshop, draft, source, site);
    const file =
      source.from === undefined
        ? checkContextPath(source.archive, draft.context(), site)
        : checkTreePath(source.archive, site);
    const action: FileAction = { type: "extract", source: from.source, path: file, ...common };
    return { action, path, inputs: from.inputs, link, text: `ADD ${file} ${path}` };
  }
  if (source?.git !== undefined) {
    checkAddSource("git", source, site);
    return planGit(workshop, draft, { source, common, path, link }, site);
  }
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
  if (URL.canParse(repository) && new URL(repository).password !== "")
    throw problem(
      "URL_INVALID",
      "the address of a git repository must not hold a password: it would be in the history and in tsdock.lock",
      site,
      "use a credential helper of git, or ssh",
    );
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
  throw problem(
    "URL_INVALID",
    `${JSON.stringify(value)} is not an http or https URL`,
    site,
    "for files of the context use copy(), for a repository { git, ref }",
  );
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
