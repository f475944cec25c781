/** Why a runtime did not start a command. */
export interface RuntimeFailure {
  /** 127: not there; 126: there and not executable; 125: anything else. */
  readonly exitCode: 125 | 126 | 127;
  readonly message: string;
}

const notFound = /executable file .*not found|no such file or directory/i;
// crun 1.8 says of a directory that opening it is not permitted.
const notExecutable =
  /not executable|permission denied|exec format error|is a directory|open executable: operation not permitted/i;

/**
 * Reads the JSON lines that crun and runc log; undefined where none is an error. What is no such line is not theirs: runtimes have been seen to
 * let a command's own words get there.
 */
export function runtimeFailure(log: string): RuntimeFailure | undefined {
  const message = log
    .split("\n")
    .map(errorIn)
    .filter((text) => text !== undefined)
    .at(-1);
  if (message === undefined) return undefined;
  if (!/exec/i.test(message)) return { exitCode: 125, message };
  const exitCode = notFound.test(message) ? 127 : notExecutable.test(message) ? 126 : 125;
  return { exitCode, message };
}

function errorIn(line: string): string | undefined {
  const { level, msg } = readLine(line);
  return level === "warning" || level === "debug" || level === "info" ? undefined : msg;
}

function readLine(line: string): { readonly level?: string; readonly msg?: string } {
  try {
    const read = JSON.parse(line) as unknown;
    return typeof read === "object" && read !== null ? read : {};
  } catch {
    return {};
  }
}
