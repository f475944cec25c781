/** What a command that builds was asked for, as typed: checked by the action. */
export interface SolveSelection {
  /** Names, globs, `group:NAME`; none means all. */
  readonly images: readonly string[];
  readonly platforms: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  /** `id=NAME,src=FILE`, `id=NAME,env=VARIABLE`. */
  readonly secrets: readonly string[];
  /** `default`, `id=SOCKET`. */
  readonly ssh: readonly string[];
  /** Everything, or the steps of these images. */
  readonly noCache: boolean | readonly string[];
  readonly jobs: number;
  readonly keepGoing: boolean;
  readonly locked: boolean;
  readonly runtime: string | undefined;
  readonly config: string | undefined;
}
