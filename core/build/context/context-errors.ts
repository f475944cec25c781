import type { Stats } from "node:fs";
import { TsdockError } from "../../errors/tsdock-error.ts";
import { showPath } from "../../oci/layer/byte-path.ts";
import type { ByteString } from "../../oci/layer/entry.ts";

/** What cannot be copied, for people. */
export function kindOf(item: Stats): string {
  if (item.isFIFO()) return "a FIFO";
  return item.isSocket() ? "a socket" : "a device";
}

export function contextMissing(directory: string, cause: unknown): TsdockError {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  const why =
    code === "ENOENT"
      ? "does not exist"
      : code === "ENOTDIR"
        ? "is not a directory"
        : `cannot be read (${code})`;
  return new TsdockError("CONTEXT_MISSING", `the context ${directory} ${why}`, {
    hint: "give image({ context }) a directory, relative to the module's package",
    cause,
  });
}

export function directoryUnreadable(path: ByteString, cause: unknown): TsdockError {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  return new TsdockError(
    "FILE_UNREADABLE",
    `cannot read the directory ${showPath(path)}: ${code === "EACCES" ? "permission denied" : code}`,
    {
      hint: "make it readable, or leave it out with .dockerignore",
      cause,
    },
  );
}
