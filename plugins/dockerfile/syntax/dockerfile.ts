/** A Dockerfile as it is written: instructions with their flags, here-documents and comments. Nothing is expanded. */
export interface Dockerfile {
  readonly directives: readonly Directive[];
  readonly escape: Escape;
  readonly instructions: readonly Instruction[];
  /** Those behind the last instruction. */
  readonly comments: readonly string[];
}

export type Escape = "\\" | "`";

/** `# syntax=…`, `# escape=…`, `# check=…` before everything else. */
export interface Directive {
  readonly name: "syntax" | "escape" | "check";
  readonly value: string;
  readonly line: number;
}

export interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  readonly flags: readonly Flag[];
  /** What follows the flags, continued lines joined, white space at the ends cut. */
  readonly body: string;
  /** The same by lines of the file; joined, and cut at the end, they are `body`. */
  readonly pieces: readonly Piece[];
  readonly heredocs: readonly Heredoc[];
  /** Whole lines before it, without `#`; an empty one stands for a blank comment. */
  readonly comments: readonly string[];
  readonly line: number;
  readonly column: number;
  /** Lines of the file that it takes, first to last: for places within it. */
  readonly source: readonly { readonly number: number; readonly text: string }[];
}

export interface Flag {
  readonly name: string;
  /** Quotes and escapes are taken away; undefined for `--link`. */
  readonly value: string | undefined;
}

export interface Piece {
  readonly text: string;
  /** Whole lines between the line before and this one. */
  readonly comments: readonly string[];
}

export interface Heredoc {
  readonly name: string;
  /** Whether variables in it are expanded: its name is not quoted. */
  readonly expand: boolean;
  /** `<<-`: leading tabs do not count. */
  readonly chomp: boolean;
  /** Lines as they stand in the file, with their ends. */
  readonly content: string;
}
