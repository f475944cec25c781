import fs from "node:fs";
import path from "node:path";
import { ancestors } from "../config/workspace.ts";
import { isTsdockError, TsdockError } from "../errors/tsdock-error.ts";
import { runGit } from "../git/run-git.ts";
import { ciFacts, githubEventFile } from "../publish/facts/ci-facts.ts";
import { type GitFacts, gitFacts } from "../publish/facts/git-facts.ts";
import { joinFacts } from "../publish/facts/join-facts.ts";
import { packageFacts, preTag, type ReadFile } from "../publish/facts/package-facts.ts";
import type { Fact, PackageFacts, Release, ReleaseFacts } from "../publish/facts/release-facts.ts";
import { parseReleases } from "../publish/facts/release-tool.ts";
import type { Host } from "./host.ts";

export interface FactsRequest {
  /** What is released, instead of what the CI or git say: `v1.2.3`, `refs/heads/main`. */
  readonly ref?: string | undefined;
  /** The commit, instead of the one that is checked out. */
  readonly revision?: string | undefined;
  /** Immutable tags also where files differ from the commit. */
  readonly allowDirty?: boolean | undefined;
  /** A file with what a release tool releases, or that JSON itself. */
  readonly release?: string | undefined;
  /** Absolute paths of files and directories that do not count as changes of the tree. */
  readonly written?: readonly string[] | undefined;
}

/** The workspace whose release it is. */
export interface FactsWorkspace {
  /** Absolute. */
  readonly directory: string;
  /** All of its images, with the directories of their packages relative to the workspace. */
  readonly images: readonly { readonly name: string; readonly directory: string }[];
}

/**
 * Reads what tag rules may know: the CI's environment, git, the packages' files and what release tools say.
 * Errors `RELEASE_INVALID`, `RELEASE_REF_UNKNOWN`, `GIT_FAILED`.
 */
export async function readReleaseFacts(
  request: FactsRequest,
  workspace: FactsWorkspace,
  host: Host,
): Promise<ReleaseFacts> {
  const { directory, images } = workspace;
  const git = createGit(directory, host);
  const excluded = excludedPaths(directory, request.written ?? []);
  const [answers, ref] = await Promise.all([git && readGit(git, excluded), completeRef(request.ref, git)]);
  return joinFacts({
    ref,
    revision: checkedRevision(request.revision),
    allowDirty: request.allowDirty ?? false,
    now: clock(host),
    ci: ciFacts(host.env, readEvent(host)),
    git: answers,
    releases: readReleases(request.release, host),
    pre: preTag(readIn(directory, ".changeset/pre.json")),
    packages: readPackages(workspace),
    images,
  });
}

function clock({ env }: Host): Fact<number> {
  const seconds = env.SOURCE_DATE_EPOCH;
  return seconds !== undefined && /^\d+$/.test(seconds)
    ? { value: Number(seconds) * 1000, source: "SOURCE_DATE_EPOCH" }
    : { value: Date.now(), source: "the clock" };
}

/** The event is written by the runner; without it only its variables are known. */
function readEvent({ env }: Host): unknown {
  const file = githubEventFile(env);
  const text = file === undefined ? undefined : readText(file);
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

type Git = (...args: readonly string[]) => Promise<string>;

/** Undefined outside of a repository. */
function createGit(directory: string, { env, signal }: Host): Git | undefined {
  if (!ancestors(directory).some((one) => fs.existsSync(path.join(one, ".git")))) return undefined;
  const hint =
    "see what git says; a repository of another user needs `git config --global --add safe.directory DIR`";
  return (...args) => runGit(args, { cwd: directory, env, signal, hint });
}

/** In git's words; what lies outside of the directory is not looked at anyway. */
function excludedPaths(directory: string, paths: readonly string[]): readonly string[] {
  const relative = paths.map((one) => path.relative(directory, one));
  const below = relative.filter((one) => one !== "" && one !== ".." && !one.startsWith("../"));
  return ["tsdock-release.json", ...below].map((one) => `:(exclude,literal)${one}`);
}

/** Undefined where git is not installed: then only the CI's environment counts. */
async function readGit(git: Git, excluded: readonly string[]): Promise<GitFacts | undefined> {
  try {
    // A new repository has no commit.
    const head = await orNothing(git("log", "-1", "--format=%H %ct"));
    const [tags, branch, status, remoteHead, remoteUrl] = await Promise.all([
      head === "" ? "" : git("tag", "--points-at", "HEAD"),
      orNothing(git("symbolic-ref", "--quiet", "--short", "HEAD")),
      git("status", "--porcelain", "--", ".", ...excluded),
      orNothing(git("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")),
      // As it is written down: what a machine puts in its place is that machine's business.
      orNothing(git("config", "--get", "remote.origin.url")),
    ]);
    return gitFacts({ head, tags, branch, status, remoteHead, remoteUrl });
  } catch (error) {
    if (isTsdockError(error) && error.code === "GIT_MISSING") return undefined;
    throw error;
  }
}

/** Nothing where git has nothing to say. Errors of the repository itself come from `git status` too. */
async function orNothing(answer: Promise<string>): Promise<string> {
  try {
    return await answer;
  } catch (error) {
    if (isTsdockError(error) && error.code === "GIT_FAILED") return "";
    throw error;
  }
}

async function completeRef(ref: string | undefined, git: Git | undefined): Promise<string | undefined> {
  if (ref === undefined || ref.startsWith("refs/")) return ref;
  const full = git && (await orNothing(git("rev-parse", "--verify", "--quiet", "--symbolic-full-name", ref)));
  if (full?.startsWith("refs/")) return full.trim();
  throw new TsdockError("RELEASE_REF_UNKNOWN", `git knows no branch or tag ${ref}`, {
    hint: "give --ref refs/tags/NAME or refs/heads/NAME",
  });
}

function checkedRevision(revision: string | undefined): string | undefined {
  if (revision === undefined || /^[0-9a-f]{7,64}$/.test(revision)) return revision;
  throw new TsdockError("USAGE", `--revision ${revision} is not a commit`, {
    hint: "give 7 to 64 lower-case hexadecimal digits",
  });
}

function readReleases(release: string | undefined, host: Host): readonly Release[] {
  if (release === undefined) return [];
  if (/^\s*[[{]/.test(release)) return parseReleases(release, "--release");
  const text = readText(path.resolve(host.cwd, release));
  if (text !== undefined) return parseReleases(text, release);
  throw new TsdockError("RELEASE_INVALID", `there is no file ${release}`, {
    hint: "give --release a file with JSON, or the JSON itself",
  });
}

function readPackages({ directory, images }: FactsWorkspace): Readonly<Record<string, PackageFacts>> {
  const releasePlease = readIn(directory, ".release-please-manifest.json");
  const directories = [...new Set(images.map((image) => image.directory))];
  return Object.fromEntries(
    directories.map((one) => [
      one,
      packageFacts({
        directory: one,
        manifest: readIn(directory, path.posix.join(one, "package.json")),
        nx: readIn(directory, path.posix.join("tmp", one, ".docker-version")),
        releasePlease,
      }),
    ]),
  );
}

function readIn(directory: string, name: string): ReadFile | undefined {
  const text = readText(path.join(directory, name));
  return text === undefined ? undefined : { name, text };
}

/** Undefined where there is no such file. */
function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
