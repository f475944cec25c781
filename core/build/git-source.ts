import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { TsdockError } from "../errors/tsdock-error.ts";
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

/** No question is asked: not by git, not by ssh. */
const silence = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_ASKPASS: "true",
  SSH_ASKPASS: "false",
  SSH_ASKPASS_REQUIRE: "force",
  LC_ALL: "C",
};

/** What git sets for hooks and aliases: a build that runs in one must not work on the repository around it. */
const ofAnotherRepository =
  /^GIT_(?:DIR|WORK_TREE|IMPLICIT_WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|PREFIX|NAMESPACE|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|NO_REPLACE_OBJECTS|CONFIG|CONFIG_PARAMETERS)$/;

const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofAnotherRepository.test(name))),
  ...silence,
});

function git(args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      "git",
      ["-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", ...args],
      {
        env: environment(),
        stdio: ["ignore", "pipe", "pipe"],
        signal,
      },
    );
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT")
        reject(
          new TsdockError("GIT_MISSING", "git is not installed", {
            hint: "install git, or add the files in another way",
          }),
        );
      else reject(error);
    });
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString("utf8"));
      else
        reject(
          new TsdockError(
            "GIT_FAILED",
            `git ${args[0] === "-C" ? (args[2] ?? "") : (args[0] ?? "")} ended with ${code ?? "a signal"}`,
            {
              details: Buffer.concat(err).toString("utf8"),
              hint: "check the repository's address and your access to it",
            },
          ),
        );
    });
  });
}
