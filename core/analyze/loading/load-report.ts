import type { SyntaxMistake } from "./transform-module.ts";

/** What the main thread tells the hooks before a load. */
export interface LoadRequest {
  /** Marks the URLs of this load. */
  readonly load: string;
  /** Specifiers of the running installation: a module's URL, or the names that a module exports which is already there. */
  readonly self: Readonly<Record<string, string | readonly string[]>>;
  /** See `SourceOverlay`. */
  readonly overlay?: SourceOverlay;
}

/** Source files as they were, where they differ from what is on the disk: text by absolute path, null for what was not there. */
export type SourceOverlay = Readonly<Record<string, string | null>>;

/** Why a module could not be found or read; the hooks' error carries its index, the details stay in the report. */
export type LoadFailure =
  | {
      readonly type: "syntax";
      readonly file: string;
      readonly text: string;
      readonly mistakes: readonly SyntaxMistake[];
    }
  | { readonly type: "missing"; readonly specifier: string; readonly parent: string; readonly reason: string }
  | { readonly type: "unreadable"; readonly file: string; readonly reason: string };

/** One import as it was resolved: by path for files of the load, by URL for the rest (packages, Node's own, tsdock). */
export interface ImportEdge {
  readonly parent: string;
  readonly specifier: string;
  readonly file?: string;
  readonly url?: string;
}

/** What the hooks tell about a load. */
export interface LoadReport {
  readonly edges: readonly ImportEdge[];
  readonly failures: readonly LoadFailure[];
}

const failurePattern = /tsdock-load-failure:(\d+)/;

/** The message of the error that stands for a failure on its way from the hooks' thread. */
export const failureMessage = (index: number): string => `tsdock-load-failure:${index}`;

/** The index of the failure that an error of the hooks stands for. */
export function failureIndex(error: unknown): number | undefined {
  const found = error instanceof Error ? failurePattern.exec(error.message) : null;
  return found === null ? undefined : Number(found[1]);
}
