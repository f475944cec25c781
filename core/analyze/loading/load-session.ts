import type { LoadReport } from "./load-report.ts";

export type Namespace = Readonly<Record<string, unknown>>;

/** What `tsdock`, `tsdock/plugin` and the rest are for the modules that are loaded: a URL, or a module that is there. */
export type SelfModules = Readonly<Record<string, string | Namespace>>;

/** One load: its modules are fresh and know only each other. */
export interface LoadSession {
  import(file: string): Promise<Namespace>;
  report(): Promise<LoadReport>;
}
