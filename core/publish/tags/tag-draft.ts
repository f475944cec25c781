import type { TagClass } from "../../declare/tag-rule.ts";
import type { Version } from "./version.ts";
import type { VersionLine } from "./version-line.ts";

/** A tag before it is made legal. */
export interface TagDraft {
  /** Without prefix and suffix. */
  readonly text: string;
  readonly class: TagClass;
  /** Of the release that it belongs to. */
  readonly version?: Version | undefined;
  /** Whether it stands for a release that is no pre-release, so that there may be a `latest`. */
  readonly release?: boolean;
  readonly line?: Omit<VersionLine, "forms"> | undefined;
  readonly reason: string;
}

export interface RuleTags {
  readonly tags: readonly TagDraft[];
  /** Why the rule gives nothing. */
  readonly note?: string;
}
