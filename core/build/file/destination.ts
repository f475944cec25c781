import path from "node:path";
import { type ByteString, toByteString } from "../../oci/layer/entry.ts";

/** Where something goes in an image. */
export interface Destination {
  /** Without slashes at its ends; `""` is the root. Links are not followed yet. */
  readonly path: ByteString;
  /** Whether it was written as a directory to copy into: `/app/`, `.`, `/`. */
  readonly isDirectory: boolean;
}

/** Settles a destination as written on an absolute working directory. */
export function destinationOf(written: string, workdir: string): Destination {
  const absolute = path.posix.resolve("/", workdir, written);
  return { path: toByteString(absolute.slice(1)), isDirectory: /(?:^|\/)\.{0,2}$/.test(written) };
}
