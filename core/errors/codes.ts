/**
 * Every error code of tsdock with what it means. The exit code is 2 where the failure is found before any work
 * begins (usage, configuration, declarations) and 1 where a build, a publish or a run failed.
 * Codes are part of the public contract: they are added, never renamed. `docs/errors.md` is generated from this table.
 */
const codes = {
  // command line
  USAGE: [2, "the command line is not understood"],
  INTERRUPTED: [130, "interrupted by a signal"],
  UNSUPPORTED: [2, "this cannot be done on this machine or in this version"],
  // configuration and loading
  CONFIG_INVALID: [2, "the configuration does not have the documented shape"],
  CONFIG_NOT_FOUND: [2, "the configuration file that was named does not exist"],
  // declarations
  // graph
  // layers
  // store
  // registry
  // executor
  // build
  // plugins
  // images and archives
  // publish
} as const satisfies Record<string, readonly [exitCode: number, meaning: string]>;

export type ErrorCode = keyof typeof codes;

export const exitCodeOf = (code: ErrorCode): number => codes[code][0];
export const errorCodes: Readonly<Record<ErrorCode, readonly [exitCode: number, meaning: string]>> = codes;
