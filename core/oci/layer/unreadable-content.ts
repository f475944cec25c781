import { TsdockError } from "../../errors/tsdock-error.ts";
import { showPath } from "./byte-path.ts";
import type { ByteString } from "./entry.ts";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "it is not there any more",
  EISDIR: "it is a directory now",
  EMFILE: "too many files are open",
};

/** Error `FILE_CHANGED` or `FILE_UNREADABLE`, by what the system says of a file that was to be read. */
export function unreadable(path: ByteString, error: unknown): TsdockError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const changed = code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR" || code === "ENXIO";
  return new TsdockError(
    changed ? "FILE_CHANGED" : "FILE_UNREADABLE",
    `cannot read ${showPath(path)}: ${reasons[code] ?? code}`,
    {
      hint: changed
        ? "it changed while the build ran: build again"
        : "make it readable, or leave it out with .dockerignore",
      cause: error,
    },
  );
}
