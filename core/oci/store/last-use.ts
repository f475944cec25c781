import fs from "node:fs";
import { codeOf, isMissing } from "./store-error.ts";

/**
 * When something was last used is the modification time of its file. It is renewed at most this often, so a hit costs
 * the `stat` that it needs anyway and seldom a second call. Prune counts with times that are this much too early.
 */
export const useResolutionMs = 3_600_000;

/** The file's stats if it is there, and a note that it is in use from now on. */
export function useFile(file: string): fs.Stats | undefined {
  const stats = statIfThere(file);
  return stats !== undefined && noteUse(file, stats.mtimeMs) ? stats : undefined;
}

/** Renews the time of use where it is old; false if the file was removed meanwhile. */
export function noteUse(file: string, lastUseMs: number): boolean {
  const now = Date.now();
  if (now - lastUseMs < useResolutionMs) return true;
  try {
    fs.utimesSync(file, now / 1000, now / 1000);
  } catch (error) {
    if (isMissing(error)) return false;
    // A store that may only be read cannot be pruned by this user either.
    if (!["EPERM", "EACCES", "EROFS"].includes(codeOf(error) ?? "")) throw error;
  }
  return true;
}

/** Like `statSync` without following links; undefined where nothing is. */
export const statIfThere = (file: string): fs.Stats | undefined =>
  fs.lstatSync(file, { throwIfNoEntry: false });
