import { constants, closeSync, lstatSync, lutimesSync, openSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { nativePath, textPath } from "./byte-path.ts";
import { baseName, type ByteString, parentPath } from "./entry.ts";

interface Native {
  getAttributeSync(path: string, name: string): Buffer | null;
  listAttributesSync(path: string): string[];
  setAttributeSync(path: string, name: string, value: Uint8Array): void;
}

let loaded: Native | undefined;

/** Loaded on first use: most processes never look at an attribute. It works on links themselves, never through them. */
function native(): Native {
  loaded ??= createRequire(import.meta.url)("@napi-rs/xattr") as Native;
  return loaded;
}

/** Stands in for a name that is not UTF-8 while its attributes are handled. */
const stand = ".tsdock-xattr";

/**
 * Calls `use` with a path as text, which is all that the native module takes. Where the bytes are not UTF-8, parents are
 * reached through an open directory, and the file itself bears another name for a moment: only for trees that are ours.
 */
function withText<T>(path: ByteString, use: (text: string) => T): T {
  const text = textPath(path);
  if (text !== undefined) return use(text);
  const parent = parentPath(path);
  const fd = openSync(nativePath(parent), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const name = textPath(baseName(path));
    if (name !== undefined) return use(`/proc/self/fd/${fd}/${name}`);
    const { atime, mtime } = lstatSync(nativePath(parent));
    const other = `${parent}/${stand}`;
    renameSync(nativePath(path), nativePath(other));
    try {
      return use(`/proc/self/fd/${fd}/${stand}`);
    } finally {
      renameSync(nativePath(other), nativePath(path));
      lutimesSync(nativePath(parent), atime, mtime);
    }
  } finally {
    closeSync(fd);
  }
}

/** Errors of the native module carry the system's number in their text alone. */
const errnoOf = (error: unknown): number => Number(/os error (\d+)/.exec(String(error))?.[1] ?? 0);

const ENOTSUP = 95;
const EPERM = 1;
const EINVAL = 22;

/** The attributes of a file of ours by name, in byte order; undefined for none, also where the file system has none. */
export function readXattrs(path: ByteString): Map<string, Uint8Array> | undefined {
  return withText(path, (text) => {
    const names = listNames(text);
    if (names.length === 0) return undefined;
    const attributes = new Map<string, Uint8Array>();
    for (const name of names.sort()) {
      const value = native().getAttributeSync(text, name);
      if (value !== null) attributes.set(name, new Uint8Array(value));
    }
    return attributes;
  });
}

function listNames(text: string): string[] {
  try {
    return native().listAttributesSync(text);
  } catch (error) {
    if (errnoOf(error) === ENOTSUP) return [];
    throw error;
  }
}

/** Sets one attribute; false where the system or the file system does not allow it. */
export function setXattr(path: ByteString, name: string, value: Uint8Array): boolean {
  return withText(path, (text) => {
    try {
      native().setAttributeSync(text, name, value);
      return true;
    } catch (error) {
      if ([ENOTSUP, EPERM, EINVAL].includes(errnoOf(error))) return false;
      throw error;
    }
  });
}

const overlayName = /^(?:trusted|user)\.overlay\./;

/** Attributes that overlayfs keeps its own records in: never part of a layer, never set because a layer says so. */
export const isOverlayXattr = (name: string): boolean => overlayName.test(name);
