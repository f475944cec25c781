/** What every `tsdock export` is asked. */
export interface ExportRequest {
  readonly images: readonly string[];
  readonly platforms: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly config: string | undefined;
  /** `-o`: as typed. */
  readonly output: string | undefined;
}
