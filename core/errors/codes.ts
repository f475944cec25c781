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
  CONFIG_UNSUPPORTED: [2, "the configuration asks for something that this version does not do yet"],
  MODULE_SYNTAX: [2, "a module is not valid TypeScript or JavaScript"],
  MODULE_NOT_FOUND: [2, "a module imports something that cannot be found"],
  MODULE_EXPORT_MISSING: [2, "a module imports a name that the other module does not export"],
  MODULE_UNREADABLE: [2, "a module cannot be read"],
  MODULE_THREW: [2, "a module threw an error while it was loaded"],
  MODULE_CYCLE: [2, "modules import one another in a circle and one needs what is not there yet"],
  MODULE_EXITED: [2, "a module tried to end the process while it was loaded"],
  MODULE_TIMEOUT: [2, "a module did not finish loading in time"],
  EXPORT_NOT_IMAGE: [2, "an export is clearly meant to be an image and is not one"],
  PARAM_UNUSED: [2, "a param is declared and never read"],
  TYPE_ERROR: [2, "a module does not type-check"],
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
