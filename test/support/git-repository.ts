import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];

/** A repository on the branch `main`. `commit` writes files and gives the id of the commit that holds them. */
export function makeGitRepository(directory: string): {
  readonly url: string;
  commit(files: Readonly<Record<string, string>>): string;
} {
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-C", directory, ...identity, ...args], { encoding: "utf8" }).trim();
  fs.mkdirSync(directory, { recursive: true });
  git("init", "--quiet", "--initial-branch=main");
  return {
    url: `file://${directory}`,
    commit(files) {
      for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(directory, name), text);
      git("add", ".");
      git("commit", "--quiet", "-m", "change");
      return git("rev-parse", "HEAD");
    },
  };
}
