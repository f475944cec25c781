/** Something that is known about a release, and where it was read: `GITHUB_REF`, `git describe` … */
export interface Fact<T> {
  readonly value: T;
  /** For people. */
  readonly source: string;
}

/** What started the run. */
export type ReleaseEvent = "push" | "pull_request" | "schedule" | "manual" | "other";

/** One version that a release tool says is released in this run. */
export interface Release {
  /** Whose: a package or an image, by its name; undefined where it is the whole workspace's. */
  readonly package: string | undefined;
  /** As it was given: `v1.2.3`, `1.2.3`. */
  readonly version: string;
  /** What the tool calls the channel: `next`; null for the main one, undefined where it has none. */
  readonly channel?: string | null | undefined;
  /** It is published already and only gets more tags: nothing is built. */
  readonly retag?: boolean | undefined;
  readonly source: string;
}

/** The package that an image is declared in. */
export interface PackageFacts {
  readonly name: string | undefined;
  /** The version in its files. */
  readonly version: Fact<string> | undefined;
}

/** All that tag rules may know: read before, so that rules are pure. */
export interface ReleaseFacts {
  /** Complete: `refs/heads/main`, `refs/tags/v1.2.3`, `refs/pull/2/merge`. */
  readonly ref: Fact<string> | undefined;
  readonly event: Fact<ReleaseEvent> | undefined;
  /** The commit, 40 or 64 hexadecimal digits. */
  readonly revision: Fact<string> | undefined;
  /** Milliseconds since 1970. */
  readonly commitTime: Fact<number> | undefined;
  /** Milliseconds since 1970: what `{{date}}` shows. */
  readonly now: Fact<number>;
  /** `main` */
  readonly defaultBranch: Fact<string> | undefined;
  /** The branch that a pull request goes into, or that a tag was made on. */
  readonly baseRef: Fact<string> | undefined;
  /** Whether files differ from the commit. */
  readonly dirty: Fact<boolean> | undefined;
  /** Whether immutable tags may be given all the same. */
  readonly allowDirty: boolean;
  /** Git tags that are released now, without `refs/tags/`: the one of `ref`, or all version tags at the commit. */
  readonly tags: readonly Fact<string>[];
  /** The name of pre-releases while changesets makes such: `next`. */
  readonly pre: Fact<string> | undefined;
  /** Where others find the sources, as git knows it. */
  readonly remote?: Fact<string> | undefined;
  /** What release tools say. */
  readonly releases: readonly Release[];
  /** By the directory of the package, relative to the workspace: `services/web`, or `.`. */
  readonly packages: Readonly<Record<string, PackageFacts>>;
  /** Names of the workspace's images and of their packages: whose release a tag may be. */
  readonly owners: readonly string[];
}
