import type { Setting } from "./setting.ts";

export interface GitAddress {
  readonly repository: string;
  readonly ref: string | undefined;
  readonly commit: string | undefined;
  readonly subdirectory: string | undefined;
  readonly keepsGitDirectory: boolean;
}

/** A git repository as ADD takes it: `https://….git#ref:directory`, `git@host:path`, `?branch=…`; undefined for anything else. */
export function parseGitAddress(setting: Setting, source: string): GitAddress | undefined {
  const isScp = /^[\w.-]+@[\w.-]+:(?!\/\/)/.test(source);
  const isUrl = /^(?:git|ssh):\/\//.test(source) || /^https?:\/\/[^#?]+\.git(?:[#?]|$)/.test(source);
  if (!isScp && !isUrl) return undefined;
  const [before, fragment] = split(source, "#");
  const [repository, query] = split(before, "?");
  const [ref, directory] = split(fragment, ":");
  const parameters = new URLSearchParams(query);
  const known = ["ref", "tag", "branch", "subdir", "checksum", "commit", "keep-git-dir"];
  const other = [...parameters.keys()].find((name) => !known.includes(name));
  if (other !== undefined) throw setting.unsupported(`?${other} of a repository is not understood`, other);
  const one = (...names: readonly string[]): string | undefined =>
    names.map((name) => parameters.get(name) ?? "").find((value) => value !== "");
  const subdirectory = directory || one("subdir");
  return {
    repository,
    ref: ref || one("tag", "branch", "ref"),
    commit: one("checksum", "commit"),
    subdirectory: subdirectory === undefined ? undefined : subdirectory.replace(/^\/+/, "") || undefined,
    keepsGitDirectory:
      parameters.has("keep-git-dir") && !/^(?:0|f|false)$/i.test(parameters.get("keep-git-dir") ?? ""),
  };
}

function split(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
