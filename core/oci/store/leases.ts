import fs from "node:fs";
import path from "node:path";
import type { Lease } from "./contract.ts";
import { keepFresh } from "./keep-fresh.ts";
import { isAbandoned, uniqueOwner } from "./process-owner.ts";
import { storeError } from "./store-error.ts";
import { readNames } from "./temp-files.ts";

const startPattern = /^(\d+)-(.+)$/;

/**
 * `leases/START-OWNER`, START in milliseconds since 1970: from then on prune leaves alone whatever the owner uses.
 * The file goes with the lease; that of a process that was killed counts no more.
 */
export function takeLease(directory: string): Lease {
  const id = `${Date.now()}-${uniqueOwner()}`;
  const file = path.join(directory, id);
  try {
    fs.writeFileSync(file, "", { flag: "wx" });
  } catch (error) {
    throw storeError(error, directory);
  }
  const fresh = keepFresh(file);
  return {
    id,
    [Symbol.asyncDispose]: () => {
      fresh[Symbol.dispose]();
      fs.rmSync(file, { force: true });
      return Promise.resolve();
    },
  };
}

/** Start of the oldest lease that is alive, in milliseconds since 1970; undefined where there is none. */
export function oldestLease(directory: string): number | undefined {
  let oldest: number | undefined;
  for (const name of readNames(directory)) {
    const [, start, owner] = startPattern.exec(name) ?? [];
    if (start === undefined || owner === undefined || isAbandoned(owner, path.join(directory, name)))
      continue;
    oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, Number(start));
  }
  return oldest;
}

/** Absolute paths of the leases of processes that are gone. */
export const abandonedLeases = (directory: string): readonly string[] =>
  readNames(directory)
    .filter((name) => isAbandoned(startPattern.exec(name)?.[2] ?? "", path.join(directory, name)))
    .map((name) => path.join(directory, name));
