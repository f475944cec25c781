import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
import { runGit } from "../git/run-git.ts";
import { memoizeAsync } from "../util/memoize-async.ts";

export interface GitSource {
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly ref: string;
}

/** A whole commit id, SHA-1 or SHA-256: all that never moves. */
export const isCommit = (text: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

/** What names a moving ref in `tsdock.lock`. */
export const gitEntry = ({ repository, ref }: GitSource): string => `${repository}#${ref}`;

/** The commit that a ref stands for now. Errors `GIT_FAILED`, `GIT_REF_UNKNOWN`. */
export async function resolveGitRef({ repository, ref }: GitSource, signal: AbortSignal): Promise<string> {
  if (isCommit(ref)) return ref;
  const listed = await git(
    ["ls-remote", "--", repository, ref, `refs/heads/${ref}`, `refs/tags/${ref}`, `refs/tags/${ref}^{}`],
    signal,
  );
  const lines = listed.split("\n").flatMap((line) => {
    const [commit, name] = line.split("\t");
    return commit !== undefined && name !== undefined ? [{ commit, name }] : [];
  });
  const order = [`refs/tags/${ref}^{}`, `refs/tags/${ref}`, `refs/heads/${ref}`, ref];
  const found = order.flatMap((name) => lines.filter((line) => line.name === name))[0];
  if (found !== undefined) return found.commit;
  throw new TsdockError("GIT_REF_UNKNOWN", `${repository} has no branch, tag or commit ${ref}`, {
    hint: "check the ref; short commits cannot be looked up",
  });
}

/** Resolves refs, each once: two sources of one ref never see two commits. */
export function createGitCommits(signal: AbortSignal): (source: GitSource) => Promise<string> {
  const resolve = memoizeAsync((key: string) => {
    const [repository = "", ref = ""] = JSON.parse(key) as readonly string[];
    return resolveGitRef({ repository, ref }, signal);
  });
  return ({ repository, ref }) => resolve(JSON.stringify([repository, ref]));
}

/** Writes the files of a commit as a tar, without history. Errors `GIT_FAILED`. */
export async function archiveGitCommit(
  {
    repository,
    commit,
    subdirectory,
  }: { readonly repository: string; readonly commit: string; readonly subdirectory: string | undefined },
  { directory, tar }: { readonly directory: string; readonly tar: string },
  signal: AbortSignal,
): Promise<void> {
  fs.mkdirSync(directory, { recursive: true });
  await git(["init", "--quiet", "--bare", "--template=", directory], signal);
  fs.mkdirSync(path.join(directory, "info"), { recursive: true });
  fs.writeFileSync(path.join(directory, "info", "attributes"), attributes);
  await git(
    [
      "-C",
      directory,
      "fetch",
      "--quiet",
      "--depth=1",
      "--no-tags",
      "--no-recurse-submodules",
      "--",
      repository,
      commit,
    ],
    signal,
  );
  const tree =
    subdirectory === undefined || subdirectory === ""
      ? commit
      : `${commit}:${subdirectory.replace(/^\/+|\/+$/g, "")}`;
  await git(["-C", directory, "archive", "--format=tar", `--output=${tar}`, tree], signal);
}

/** What is committed is what comes out: no file is left out of an archive, filled in, or sent through a filter. */
const attributes = "* -export-ignore -export-subst -filter -ident\n";

/** The machine's own configuration must not change what is fetched. */
const git = (args: readonly string[], signal: AbortSignal): Promise<string> =>
  runGit(args, {
    env: { ...process.env, GIT_CONFIG_NOSYSTEM: "1" },
    signal,
    hint: "check the repository's address and your access to it",
  });
