import { TsdockError } from "../../errors/tsdock-error.ts";
import { type ByteString, fromByteString, toByteString } from "./entry.ts";

const ascii = /^[\x01-\x7f]*$/;

export const isAscii = (bytes: ByteString): boolean => ascii.test(bytes);

/** A path for `node:fs`: the same bytes, whatever they are. */
export const nativePath = (path: ByteString): string | Buffer =>
  isAscii(path) ? path : Buffer.from(path, "latin1");

/** The path as text, for functions that take nothing else; undefined where its bytes are not UTF-8. */
export function textPath(path: ByteString): string | undefined {
  if (ascii.test(path)) return path;
  const text = fromByteString(path);
  return toByteString(text) === path ? text : undefined;
}

/** For messages: UTF-8 where it is, replacement characters where it is not. */
export const showPath = (path: ByteString): string =>
  path === "" ? "/" : JSON.stringify(fromByteString(path));

const needsWork = /^\/|\/$|\/\/|(?:^|\/)\.{1,2}(?:\/|$)/;

/**
 * The name of an archive's entry as entries have it: relative, without `.` parts and double slashes; `""` is the root.
 * Error `LAYER_UNSAFE` for a name with `..` parts: no layer needs one.
 */
export function normalizeEntryPath(name: ByteString): ByteString {
  if (!needsWork.test(name)) return name;
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) {
    throw new TsdockError(
      "LAYER_UNSAFE",
      `the layer has an entry named ${showPath(name)}, which leaves its root`,
      {
        hint: "the archive was made by hand or is hostile: use another one",
      },
    );
  }
  return parts.join("/");
}

/** Byte order, the only order of names. */
export const comparePaths = (a: ByteString, b: ByteString): number => (a < b ? -1 : a > b ? 1 : 0);
