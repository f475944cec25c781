import { posix } from "node:path";
import type { Site } from "../../../declare/site.ts";
import type { Vertex } from "../../definition.ts";
import type { CopySource, FileAction, FileOperation } from "../../operation.ts";
import { refuse } from "../refuse.ts";
import { heredoc, heredocText } from "./heredoc.ts";
import type { StageState, Surroundings } from "./surroundings.ts";
import { asRoot } from "./as-root.ts";
import { flagValue, list, paths } from "./words.ts";

type Action<T extends FileAction["type"]> = Extract<FileAction, { type: T }>;

/** Where an instruction stands. */
interface Place {
  readonly vertex: Vertex;
  readonly op: FileOperation;
  readonly around: Surroundings;
  readonly state: StageState;
  readonly site: Site | undefined;
}

/** An instruction that changes files without running anything, as a Dockerfile has it. Error `EXPORT_UNSUPPORTED`. */
export function fileText(op: FileOperation, place: Omit<Place, "op">): string {
  const { action } = op;
  const here: Place = { ...place, op };
  switch (action.type) {
    case "copy":
      return copyText(action, here);
    case "download":
      return addText(
        [`--checksum=${action.checksum}`, ...flagsOf(action, here)],
        action.url,
        action.destination,
      );
    case "extract":
      return extractText(action, here);
    case "write":
      return writeText(action, here);
    case "symlink": {
      const { directory, name } = split(action.path);
      const made = here.around.generate(name, { type: "symlink", target: action.target }, here.site);
      return copyLine([`--from=${made.from}`, ...flagsOf(action, here)], [`${made.path}/`], directory);
    }
    case "directory":
      return directoryText(action, here);
    case "remove":
      return removeText(action, here);
  }
}

const copyLine = (flags: readonly string[], sources: readonly string[], destination: string): string =>
  ["COPY", ...flags, paths([...sources, destination])].join(" ");

const addText = (flags: readonly string[], source: string, destination: string): string =>
  ["ADD", ...flags, paths([source, destination])].join(" ");

/** Owner, mode and independence of the base, which all of them take. */
const flagsOf = (
  action: { readonly chown?: string; readonly chmod?: number },
  { op, site }: Place,
  chmod = action.chmod,
): readonly string[] => [
  ...(action.chown === undefined ? [] : [`--chown=${flagValue(action.chown, site)}`]),
  ...(chmod === undefined ? [] : [`--chmod=${chmodText(chmod, site)}`]),
  ...(op.link ? ["--link"] : []),
];

function chmodText(mode: number, site: Site | undefined): string {
  if (mode <= 0o777) return mode.toString(8);
  throw refuse(
    `a Dockerfile sets no more than permissions, and the mode is ${mode.toString(8)}`,
    site,
    'set the other bits with run("chmod …")',
  );
}

/** The directory that a path lies in, as a destination, and its last part. */
function split(path: string): { readonly directory: string; readonly name: string } {
  const directory = posix.dirname(path);
  return { directory: directory === "/" ? "/" : `${directory}/`, name: posix.basename(path) };
}

function fromFlag(source: CopySource, { vertex, around, site }: Place): readonly string[] {
  if (source.type === "context") {
    const name = around.contextOf(source.directory);
    return name === undefined ? [] : [`--from=${name}`];
  }
  const input = vertex.inputs[source.input];
  if (input === undefined) throw new Error("an operation names an input that it has not");
  return [`--from=${around.fromOf(input, site)}`];
}

function copyText(action: Action<"copy">, here: Place): string {
  const { site, vertex, around } = here;
  const destination =
    action.parents && !/(?:^|\/)\.?$/.test(action.destination)
      ? `${action.destination}/`
      : action.destination;
  if (action.source.type === "input") {
    const git = around.vertex(vertex.inputs[action.source.input] ?? "").op;
    if (git.type === "source" && git.kind === "git")
      return addText(
        flagsOf(action, here),
        gitUrl(git.repository, git.ref, git.subdirectory, site),
        destination,
      );
  }
  if (!action.parents && action.include.some((pattern) => pattern.split("/").includes("**"))) {
    throw refuse(
      "in a Dockerfile ** stands for one directory unless directories are kept",
      site,
      "copy with { parents: true }, or name the directories",
    );
  }
  const flags = [
    ...fromFlag(action.source, here),
    ...flagsOf(action, here),
    ...(action.parents ? ["--parents"] : []),
    ...action.exclude.map((pattern) => `--exclude=${flagValue(pattern, site)}`),
  ];
  return copyLine(flags, action.include, destination);
}

/** What BuildKit takes for a repository, not for a file to download. */
function gitUrl(
  repository: string,
  ref: string,
  subdirectory: string | undefined,
  site: Site | undefined,
): string {
  if (
    /^https?:\/\/[^#]+\.git$|^(?:git|ssh):\/\/|^[\w.-]+@[\w.-]+:/.test(repository) &&
    !repository.includes("#")
  )
    return `${repository}#${ref}${subdirectory === undefined ? "" : `:${subdirectory}`}`;
  throw refuse(
    `a Dockerfile cannot name the repository ${JSON.stringify(repository)}`,
    site,
    "give an address that ends with .git",
  );
}

function extractText(action: Action<"extract">, here: Place): string {
  if (action.source.type === "input") {
    throw refuse(
      "ADD unpacks archives of a context only, not of another image",
      here.site,
      "copy the archive from the image and unpack it with run()",
    );
  }
  if (action.chmod !== undefined || action.chown !== undefined) {
    throw refuse(
      "ADD keeps the modes and owners of an archive, whatever its flags say",
      here.site,
      "leave out chmod and chown, or unpack the archive with run()",
    );
  }
  if (here.around.contextOf(action.source.directory) !== undefined) {
    throw refuse(
      "ADD unpacks archives of the main context only, and this image takes files from several",
      here.site,
      "export the images one by one, or give them one context",
    );
  }
  return addText(flagsOf(action, here), literal(action.path), action.destination);
}

/** A path as a pattern that matches nothing else. */
const literal = (path: string): string => path.replaceAll(/[*?[]/g, "[$&]");

function writeText(action: Action<"write">, here: Place): string {
  const text = heredocText(action.content);
  if (text !== undefined && /^[^\s"'\\$<]+$/.test(action.path)) {
    const { mark, body } = heredoc(text);
    return `${["COPY", ...flagsOf(action, here), mark, action.path].join(" ")}\n${body}`;
  }
  const made = here.around.generate(
    posix.basename(action.path),
    { type: "file", content: action.content },
    here.site,
  );
  // On disk the file has the mode that its directory's umask gives.
  const flags = [`--from=${made.from}`, ...flagsOf(action, here, action.chmod ?? 0o644)];
  return copyLine(flags, [`${made.path}/${posix.basename(action.path)}`], action.path);
}

function directoryText(action: Action<"directory">, here: Place): string {
  if (action.path === "/") {
    throw refuse(
      "a Dockerfile cannot change the root directory's mode or owner without a program",
      here.site,
      'write it as run("chmod …") or run("chown …")',
    );
  }
  const { directory, name } = split(action.path);
  const made = here.around.emptyDirectory(name, here.site);
  return copyLine([`--from=${made.from}`, ...flagsOf(action, here)], [`${made.path}/`], directory);
}

/** Dockerfiles remove by running a program, which must be there and may write where the file is. */
function removeText({ path }: Action<"remove">, { state, site }: Place): string {
  if (!state.hasPrograms) {
    throw refuse(
      `a Dockerfile removes ${path} by running rm, and nothing says that the image has it`,
      site,
      "leave the file out of what is copied: copy(…, { exclude })",
    );
  }
  return asRoot(`RUN ${list(["rm", "-rf", "--", path])}`, state.config, site);
}
