import fs from "node:fs";
import path from "node:path";
import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import type { OverlaidFile } from "../util/file-overlay.ts";
import { type Old, readBlobs } from "./read-blobs.ts";
import { type GitOptions, runGit, runGitBytes } from "./run-git.ts";

/** What distinguishes the working tree from a commit. */
export interface RevisionDifference {
  /** The merge base of the ref and HEAD. */
  readonly commit: string;
  /** Every file that differs, by its absolute path: as it was, undefined where it was not there. */
  readonly files: ReadonlyMap<string, OverlaidFile | undefined>;
}

/**
 * Compares the working tree (untracked files too, ignored ones not) with the merge base of a ref and HEAD. Contents come from
 * git's objects, with the filters that a checkout would apply. Errors `GIT_MISSING`, `GIT_FAILED`, `REVISION_UNKNOWN`, and
 * `UNSUPPORTED` for a submodule whose files of then are not here.
 */
export async function differenceSince(
  ref: string,
  directory: string,
  { env, signal }: Pick<GitOptions, "env" | "signal">,
): Promise<RevisionDifference> {
  const options = { env, signal, cwd: directory, hint: "is this a git repository with its history?" };
  const cdup = await runGit(["rev-parse", "--show-cdup"], options).catch((cause: unknown) => {
    throw unknown(`${directory} is in no working tree of a git repository`, options.hint, cause);
  });
  const root = path.resolve(directory, cdup.trim());
  const commit = await mergeBase(ref, options);
  return { commit, files: new Map(await differing(commit, root, options)) };
}

type Files = readonly (readonly [file: string, was: OverlaidFile | undefined])[];

/** What differs between a commit of the repository whose working tree is at `root`, and that tree, submodules and all. */
async function differing(commit: string, root: string, options: GitOptions): Promise<Files> {
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
  const changed = readRaw(changes.toString("latin1"));
  for (const { name, old } of changed.filter((one) => !isSubmodule(one)))
    was.set(name, /^0+$/.test(old.mode) ? undefined : old);
  const contents = await readBlobs([...was], inRoot);
  const files = [...was.keys()].map((name) => [absolute(root, name), contents.get(name)] as const);
  const below = changed.filter(isSubmodule).map((one) => submoduleFiles(one, root, options));
  return [...files, ...(await Promise.all(below)).flat()];
}

const absolute = (root: string, name: string): string =>
  path.join(root, Buffer.from(name, "latin1").toString("utf8"));

/** A submodule that is here and has its commit of then differs as a repository does; one that is new has nothing of then. */
async function submoduleFiles(
  { name, old, mode }: Change,
  root: string,
  options: GitOptions,
): Promise<Files> {
  const directory = absolute(root, name);
  const inside = { ...options, cwd: directory };
  const isHere = mode === submodule && (await isRepository(directory, inside));
  if (isHere && old.mode === submodule && (await hasCommit(old.object, inside)))
    return differing(old.object, directory, options);
  if (isHere && /^0+$/.test(old.mode)) {
    const names = await runGitBytes(["ls-files", "--cached", "--others", "--exclude-standard", "-z"], inside);
    const all = names.toString("latin1").split("\0");
    return all.filter((one) => one !== "").map((one) => [absolute(directory, one), undefined] as const);
  }
  throw new TsdockError("UNSUPPORTED", `the submodule ${name} differs, and what it held is not known here`, {
    hint: "git submodule update --init, and fetch its history; or compare with a commit that has the same submodule",
  });
}

/** Whether a directory is the top of a repository of its own: in one that is not, git finds the one around. */
async function isRepository(directory: string, options: GitOptions): Promise<boolean> {
  if (!fs.existsSync(path.join(directory, ".git"))) return false;
  return (await runGit(["rev-parse", "--show-cdup"], options)).trim() === "";
}

const hasCommit = (commit: string, options: GitOptions): Promise<boolean> =>
  runGit(["rev-parse", "--verify", "--quiet", "--end-of-options", `${commit}^{commit}`], options).then(
    () => true,
    (error: unknown) => {
      if (isTsdockError(error) && error.code === "GIT_FAILED") return false;
      throw error;
    },
  );

async function mergeBase(ref: string, options: GitOptions): Promise<string> {
  const commit = await runGit(
    ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`],
    options,
  ).catch((cause: unknown) => {
    const hint = "fetch it first; a shallow clone lacks history: git fetch --unshallow";
    throw unknown(`this repository has no commit ${JSON.stringify(ref)}`, hint, cause);
  });
  const base = await runGit(["merge-base", commit.trim(), "HEAD"], options).catch((cause: unknown) => {
    throw unknown(
      `${ref} and HEAD have no common commit here`,
      "fetch more history: git fetch --unshallow",
      cause,
    );
  });
  return base.trim();
}

/** Git says so, unless it is not there at all. */
const unknown = (message: string, hint: string, cause: unknown): unknown =>
  isTsdockError(cause) && cause.code === "GIT_FAILED"
    ? new TsdockError("REVISION_UNKNOWN", message, { hint, details: cause.details, cause })
    : cause;

interface Change {
  readonly name: string;
  readonly old: Old;
  /** What it is now. */
  readonly mode: string;
}

const submodule = "160000";
const isSubmodule = ({ old, mode }: Change): boolean => [old.mode, mode].includes(submodule);

/** `git diff --raw -z`: `:MODE MODE OBJECT OBJECT STATUS NUL PATH NUL`. */
function readRaw(text: string): readonly Change[] {
  const parts = text.split("\0");
  const found: Change[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [was = "", mode = "", object = ""] = (parts[index] ?? "").slice(1).split(" ");
    found.push({ name: parts[index + 1] ?? "", old: { mode: was, object }, mode });
  }
  return found;
}
