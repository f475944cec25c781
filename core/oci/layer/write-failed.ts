import { diskFull } from "../../errors/disk-full.ts";
import { isTsdockError, TsdockError } from "../../errors/tsdock-error.ts";
import { showPath } from "./byte-path.ts";
import type { ByteString } from "./entry.ts";

const reasons: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EROFS: ["the file system is read-only", "choose another directory"],
  EACCES: ["permission denied", "choose a directory that you may write to"],
  EPERM: [
    "the system does not permit it",
    "run as root, or with subordinate ids (`/etc/subuid`, `/etc/subgid`)",
  ],
  EINVAL: [
    "its owner has no number here",
    "give the user more subordinate ids (`/etc/subuid`, `/etc/subgid`)",
  ],
  ENAMETOOLONG: ["its name is too long for this file system", "leave the file out of the image"],
  ENOTDIR: ["one of its parents is no directory", "the archive is contradictory: use another one"],
};

/** The failure of a system call while an entry was written, as an error for people; anything else as it is. */
export function writeFailed(path: ByteString, error: unknown): unknown {
  if (isTsdockError(error)) return error;
  const full = diskFull(error, showPath(path));
  if (full !== undefined) return full;
  const known = reasons[(error as NodeJS.ErrnoException).code ?? ""];
  if (known === undefined) return error;
  const [reason, hint] = known;
  return new TsdockError("LAYER_UNREPRESENTABLE", `cannot unpack ${showPath(path)}: ${reason}`, {
    hint,
    cause: error,
  });
}
