import { sourceAddress } from "../../util/source-address.ts";
import { parseReleaseTag } from "../tags/release-tag.ts";
import { compareVersions } from "../tags/version.ts";
import type { Fact } from "./release-facts.ts";

/** What git prints about a work tree. */
export interface GitAnswers {
  /** `git log -1 --format=%H %ct` */
  readonly head: string;
  /** `git tag --points-at HEAD` */
  readonly tags: string;
  /** `git symbolic-ref --short HEAD`; empty where no branch is checked out. */
  readonly branch: string;
  /** `git status --porcelain` */
  readonly status: string;
  /** `git symbolic-ref refs/remotes/origin/HEAD`; empty where that is not known. */
  readonly remoteHead: string;
  /** `git config --get remote.origin.url`; empty where there is none. */
  readonly remoteUrl?: string;
}

export interface GitFacts {
  readonly revision: Fact<string> | undefined;
  readonly commitTime: Fact<number> | undefined;
  /** Those that are versions, the newest first. */
  readonly tags: readonly Fact<string>[];
  readonly branch: Fact<string> | undefined;
  readonly defaultBranch: Fact<string> | undefined;
  readonly dirty: Fact<boolean>;
  /** Where others find the sources: an address without credentials. */
  readonly remote: Fact<string> | undefined;
}

export function gitFacts(answers: GitAnswers): GitFacts {
  const [revision = "", seconds = ""] = answers.head.trim().split(" ");
  const branch = answers.branch.trim();
  const changed = linesOf(answers.status);
  const address = sourceAddress(answers.remoteUrl?.trim() ?? "");
  const remote = /^refs\/remotes\/[^/]+\/(.+)$/.exec(answers.remoteHead.trim())?.[1];
  return {
    revision: revision === "" ? undefined : { value: revision, source: "git, HEAD" },
    commitTime: seconds === "" ? undefined : { value: Number(seconds) * 1000, source: "git, HEAD" },
    tags: versionTags(linesOf(answers.tags)).map((value) => ({ value, source: "git, a tag of HEAD" })),
    branch: branch === "" ? undefined : { value: branch, source: "git, HEAD" },
    defaultBranch: remote === undefined ? undefined : { value: remote, source: "git, origin/HEAD" },
    dirty: { value: changed.length > 0, source: `git status${shownFiles(changed)}` },
    remote: address === undefined ? undefined : { value: address, source: "git, remote origin" },
  };
}

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

const shownFiles = (lines: readonly string[]): string => {
  const files = lines.slice(0, 3).map((line) => line.slice(3));
  const more = lines.length > files.length ? ` and ${lines.length - files.length} more` : "";
  return files.length === 0 ? "" : `: ${files.join(", ")}${more}`;
};

/** A release candidate and its release are often one commit: then the release counts. */
function versionTags(tags: readonly string[]): readonly string[] {
  const versions = tags.flatMap((tag) => {
    const version = (parseReleaseTag(tag, "semver") ?? parseReleaseTag(tag, "pep440"))?.version;
    return version === undefined ? [] : [{ tag, version }];
  });
  const ofScheme = (scheme: string) => versions.filter(({ version }) => version.scheme === scheme);
  return [...ofScheme("semver"), ...ofScheme("pep440")]
    .sort((a, b) => (a.version.scheme === b.version.scheme ? compareVersions(b.version, a.version) : 0))
    .map(({ tag }) => tag);
}
