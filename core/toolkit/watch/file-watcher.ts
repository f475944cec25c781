import type { Scope } from "./scope.ts";

/** Looks after files, by the kernel's notices or by looking again and again. */
export interface FileWatcher extends Disposable {
  /**
   * Watches this from now on, and tells of nothing else. With `since` (milliseconds since 1970) it tells of what is in a
   * directory that was not watched before and changed after that.
   */
  watch(scope: Scope, since?: number): void;
}

export interface FileWatcherOptions {
  /** Called with each path that counts when it came, went or has other content; sometimes for nothing. */
  readonly changed: (file: string) => void;
  /** Nothing can be watched any more. */
  readonly failed: (error: unknown) => void;
}
