/** A run of changed lines. Each line has its end with it, unless the file ends without one. */
export interface PatchHunk {
  /** Number of its first line in the old file, from 1; 0 for a new file. */
  readonly start: number;
  readonly lines: readonly { readonly kind: " " | "+" | "-"; readonly text: string }[];
}

/** What a patch does to one file. Paths are relative to the package. */
export interface PatchedFile {
  /** Undefined for a new file. */
  readonly from: string | undefined;
  /** Undefined for a file that is removed. */
  readonly to: string | undefined;
  readonly executable: boolean | undefined;
  readonly hunks: readonly PatchHunk[];
}

interface Draft {
  from: string | undefined;
  to: string | undefined;
  executable: boolean | undefined;
  hunks: PatchHunk[];
}

export class PatchSyntaxError extends Error {
  /** From 1. */
  readonly line: number;
  constructor(message: string, index: number) {
    super(message);
    this.line = index + 1;
  }
}

const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** `a/index.js` without its first part; undefined for /dev/null. */
function pathOf(text: string): string | undefined {
  const plain = text.replace(/\t.*$/, "").replace(/^"(.*)"$/, "$1");
  return plain === "/dev/null" ? undefined : plain.replace(/^[^/]*\//, "");
}

class PatchReader {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split("\n");
  }

  read(): PatchedFile[] {
    const files: Draft[] = [];
    while (this.#at < this.#lines.length) {
      const line = this.#line();
      const git = /^diff --git (\S+) (\S+)$/.exec(line);
      if (
        git !== null ||
        (line.startsWith("--- ") && this.#lines[this.#at + 1]?.startsWith("+++ ") === true)
      ) {
        const draft: Draft = { from: undefined, to: undefined, executable: undefined, hunks: [] };
        if (git !== null) {
          draft.from = pathOf(git[1] ?? "");
          draft.to = pathOf(git[2] ?? "");
          this.#at++;
        }
        this.#headers(draft);
        files.push(draft);
      } else if (header.test(line)) {
        const last = files.at(-1);
        if (last === undefined)
          throw new PatchSyntaxError("lines are changed before a file is named", this.#at);
        last.hunks.push(this.#hunk());
      } else this.#at++;
    }
    return files;
  }

  #line(): string {
    return (this.#lines[this.#at] ?? "").replace(/\r$/, "");
  }

  #headers(draft: Draft): void {
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#line();
      const [, word = "", rest = ""] =
        /^(--- |\+\+\+ |rename from |rename to |new file mode |deleted file mode |new mode |old mode |copy from |copy to |index |similarity |dissimilarity )(.*)$/.exec(
          line,
        ) ?? [];
      if (/^GIT binary patch|^Binary files /.test(line))
        throw new PatchSyntaxError("the patch changes a file that is not text", this.#at);
      if (word === "") return;
      if (word === "--- ") draft.from = pathOf(rest);
      else if (word === "+++ ") draft.to = pathOf(rest);
      else if (word === "rename from " || word === "copy from ") draft.from = rest;
      else if (word === "rename to " || word === "copy to ") draft.to = rest;
      else if (word === "deleted file mode ") draft.to = undefined;
      else if (word === "new file mode " || word === "new mode ") {
        if (word === "new file mode ") draft.from = undefined;
        draft.executable = rest.endsWith("755");
      }
      if (word === "+++ ") {
        this.#at++;
        return;
      }
    }
  }

  #hunk(): PatchHunk {
    const [, start = "0", before = "1", , after = "1"] = header.exec(this.#line()) ?? [];
    let [removed, added] = [Number(before), Number(after)];
    const lines: { kind: " " | "+" | "-"; text: string }[] = [];
    this.#at++;
    while (removed > 0 || added > 0) {
      const raw = this.#lines[this.#at];
      if (raw === undefined)
        throw new PatchSyntaxError("the patch ends in the middle of a change", this.#at - 1);
      // an editor may have cut the space of an empty line
      const kind = raw === "" || raw === "\r" ? " " : raw[0];
      if (kind === "\\") {
        this.#at++;
        continue;
      }
      if (kind !== " " && kind !== "+" && kind !== "-")
        throw new PatchSyntaxError("a line begins with none of space, + and -", this.#at);
      if (kind !== "+") removed--;
      if (kind !== "-") added--;
      this.#at++;
      const ends = this.#lines[this.#at]?.startsWith("\\ ") !== true;
      lines.push({ kind, text: `${raw.slice(1)}${ends ? "\n" : ""}` });
    }
    return { start: Number(start), lines };
  }
}

/** Reads what `git diff` writes. Characters are bytes (latin1). Throws `PatchSyntaxError`. */
export const parsePatch = (text: string): readonly PatchedFile[] => new PatchReader(text).read();
