import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { OverlaidFile } from "../util/file-overlay.ts";
import { type GitOptions, runGit, runGitBytes } from "./run-git.ts";

/** What distinguishes the working tree from a commit. */
export interface RevisionDifference {
  /** The merge base of the ref and HEAD. */
  readonly commit: string;
  /** Every file that differs, by its absolute path: as it was, undefined where it was not there. */
  readonly files: ReadonlyMap<string, OverlaidFile | undefined>;
}

const modes: Readonly<Record<string, OverlaidFile["kind"]>> = {
  "100644": "file",
  "100755": "executable",
  "120000": "link",
};

/**
 * Compares the working tree (untracked files too, ignored ones not) with the merge base of a ref and HEAD. Contents come from
 * git's objects, with the filters that a checkout would apply. Errors `GIT_MISSING`, `GIT_FAILED`, `GIT_REF_UNKNOWN`.
 */
export async function differenceSince(
  ref: string,
  directory: string,
  { env, signal }: Pick<GitOptions, "env" | "signal">,
): Promise<RevisionDifference> {
  const options = { env, signal, cwd: directory, hint: "is this a git repository with its history?" };
  const cdup = (await runGit(["rev-parse", "--show-cdup"], options)).trim();
  const root = path.resolve(directory, cdup);
  const commit = await mergeBase(ref, options);
  const inRoot = { ...options, cwd: root };
  const [changes, untracked] = await Promise.all([
    runGitBytes(
      [
        "diff",
        "--raw",
        "-z",
        "--no-renames",
        "--abbrev=64",
        "--no-ext-diff",
        "--ignore-submodules=none",
        commit,
        "--",
      ],
      inRoot,
    ),
    runGitBytes(["ls-files", "--others", "--exclude-standard", "-z"], inRoot),
  ]);
  const was = new Map<string, Old | undefined>();
  for (const name of untracked.toString("latin1").split("\0"))
    if (name !== "") was.set(name.replace(/\/$/, ""), undefined);
  for (const [name, old] of readRaw(changes.toString("latin1"))) was.set(name, old);
  const contents = await readBlobs([...was], inRoot);
  const files = [...was.keys()].map(
    (name) => [path.join(root, Buffer.from(name, "latin1").toString("utf8")), contents.get(name)] as const,
  );
  return { commit, files: new Map(files) };
}

async function mergeBase(ref: string, options: GitOptions): Promise<string> {
  const commit = await runGit(
    ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`],
    options,
  ).catch((cause: unknown) => {
    throw new TsdockError("GIT_REF_UNKNOWN", `this repository has no commit ${ref}`, {
      hint: "fetch it first; a shallow clone lacks history: git fetch --unshallow",
      cause,
    });
  });
  const base = await runGit(["merge-base", commit.trim(), "HEAD"], {
    ...options,
    hint: `${ref} and HEAD have no common commit here: fetch more history (git fetch --unshallow)`,
  });
  return base.trim();
}

interface Old {
  readonly mode: string;
  readonly object: string;
}

/** `git diff --raw -z`: `:MODE MODE OBJECT OBJECT STATUS NUL PATH NUL`. */
function* readRaw(text: string): Generator<readonly [name: string, old: Old | undefined]> {
  const parts = text.split("\0");
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [mode = "", , object = ""] = (parts[index] ?? "").slice(1).split(" ");
    const name = parts[index + 1] ?? "";
    if (mode === "160000" || (parts[index] ?? "").slice(1).split(" ")[1] === "160000")
      throw new TsdockError(
        "UNSUPPORTED",
        `the submodule ${name} differs, and what it held is not known here`,
        {
          hint: "build all images, or compare with a commit that has the same submodule",
        },
      );
    yield [name, /^0+$/.test(mode) ? undefined : { mode, object }];
  }
}

/** All at once through one process, and those that a checkout would filter one by one. */
async function readBlobs(
  was: readonly (readonly [name: string, old: Old | undefined])[],
  options: GitOptions,
): Promise<ReadonlyMap<string, OverlaidFile>> {
  const present = was.flatMap(([name, old]) => (old === undefined ? [] : [{ name, old }]));
  if (present.length === 0) return new Map();
  const input = present.map(({ old }) => `${old.object}\n`).join("");
  const contents = readBatch(await runGitBytes(["cat-file", "--batch"], { ...options, input }));
  const filtered = await filteredNames(
    present.map(({ name }) => name),
    options,
  );
  const files = new Map<string, OverlaidFile>();
  for (const [index, { name, old }] of present.entries()) {
    const kind = modes[old.mode] ?? "file";
    const plain = contents[index];
    if (plain === undefined) throw lacking(name);
    const bytes = filtered.has(name) && kind !== "link" ? await filter(name, old, options) : plain;
    files.set(name, { bytes, kind });
  }
  return files;
}

/** As a checkout would write it: line ends, encodings, large files that are kept elsewhere. */
const filter = (name: string, { object }: Old, options: GitOptions): Promise<Buffer> =>
  runGitBytes(
    ["cat-file", "--filters", `--path=${Buffer.from(name, "latin1").toString("utf8")}`, object],
    options,
  );

async function filteredNames(names: readonly string[], options: GitOptions): Promise<ReadonlySet<string>> {
  const crlf = await runGit(["config", "--default", "false", "core.autocrlf"], options);
  if (crlf.trim() === "true") return new Set(names);
  const attributes = ["filter", "eol", "ident", "working-tree-encoding"];
  const input = names.map((name) => `${name}\0`).join("");
  const output = await runGitBytes(["check-attr", "-z", "--stdin", ...attributes], { ...options, input });
  const parts = output.toString("latin1").split("\0");
  const found = new Set<string>();
  for (let at = 0; at + 2 < parts.length; at += 3) {
    const value = parts[at + 2] ?? "";
    if (!["unspecified", "unset", "lf"].includes(value)) found.add(parts[at] ?? "");
  }
  return found;
}

/** `OBJECT blob SIZE\n` and that many bytes and `\n`; `OBJECT missing\n`. */
function readBatch(output: Buffer): readonly (Buffer | undefined)[] {
  const found: (Buffer | undefined)[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const header = output.toString("latin1", at, end).split(" ");
    if (header.at(-1) === "missing") {
      found.push(undefined);
      at = end + 1;
      continue;
    }
    const size = Number(header[2]);
    found.push(output.subarray(end + 1, end + 1 + size));
    at = end + size + 2;
  }
  return found;
}

const lacking = (name: string): TsdockError =>
  new TsdockError("GIT_FAILED", `this repository lacks what ${name} was`, {
    hint: "a partial clone lacks contents: fetch them first",
  });
