import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { keepFresh } from "./keep-fresh.ts";
import { isAbandoned, uniqueOwner } from "./process-owner.ts";
import { codeOf, isMissing, storeError } from "./store-error.ts";
import { readNames } from "./temp-files.ts";

const firstDelayMs = 1;
const longestDelayMs = 100;

/**
 * Takes an exclusive lock between processes (and within this one) and gives it back when disposed. Waits while another
 * has it, with growing pauses, until `signal` aborts. The directory of `file` must exist.
 *
 * Node has no flock(2). The lock is a file that names its owner and is put in place by link(2), which fails if the name
 * is taken. A lock whose owner is dead is taken over, and only one process may succeed each owner: whoever links its own
 * file to `FILE.after.DIGEST-OF-OWNER` is the successor and then renames its file over the lock. A successor that dies
 * before that has a successor of its own in the same way, so the last of the chain holds the lock. Owners are never
 * equal, so a process that was slow to look finds that the lock is no longer the one it read, and begins again.
 */
export async function acquireLock(file: string, signal?: AbortSignal): Promise<AsyncDisposable> {
  const token = uniqueOwner();
  const own = `${file}.${token}`;
  signal?.throwIfAborted();
  try {
    fs.writeFileSync(own, token, { flag: "wx" });
    for (let pause = firstDelayMs; !take(file, own); pause = Math.min(pause * 1.5, longestDelayMs)) {
      await wait(pause * (0.5 + Math.random()), signal);
    }
  } catch (error) {
    throw storeError(error, file);
  } finally {
    fs.rmSync(own, { force: true });
  }
  const fresh = keepFresh(file);
  return {
    [Symbol.asyncDispose]: () => {
      fresh[Symbol.dispose]();
      if (ownerOf(file) === token) fs.unlinkSync(file);
      return Promise.resolve();
    },
  };
}

/** Takes the lock if it is free now; undefined otherwise. */
export async function tryLock(file: string): Promise<AsyncDisposable | undefined> {
  const owner = lastOwner(file);
  if (owner !== undefined && !isAbandoned(owner.token, owner.file)) return undefined;
  try {
    return await acquireLock(file, AbortSignal.timeout(longestDelayMs));
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") return undefined;
    throw error;
  }
}

/** Whether a process was killed while it had the lock, and nobody has had it since. */
export function isAbandonedLock(file: string): boolean {
  const owner = lastOwner(file);
  return owner !== undefined && isAbandoned(owner.token, owner.file);
}

/**
 * Files in a directory of locks that are left over from processes that are gone, as absolute paths. A lock itself is not
 * among them: it is taken over.
 */
export function lockLitter(directory: string): readonly string[] {
  return readNames(directory)
    .map((name) => path.join(directory, name))
    .filter((file) => {
      const owner = /\.(\d+\.\d*\.[0-9a-f]*\.\d*\.[0-9a-f]{12})$/.exec(file)?.[1];
      return owner !== undefined && isAbandoned(owner, file);
    });
}

function take(file: string, own: string): boolean {
  if (link(own, file)) return true;
  const first = ownerOf(file);
  if (first === undefined) return link(own, file);
  const chain = successors(file, first);
  const last = chain.at(-1) ?? { token: first, file };
  if (!isAbandoned(last.token, last.file)) return false;
  const claim = successorFile(file, last.token);
  if (!link(own, claim)) return false;
  if (ownerOf(file) !== first) {
    fs.rmSync(claim, { force: true });
    return false;
  }
  fs.renameSync(own, file);
  for (const { file: done } of [...chain, { file: claim }]) fs.rmSync(done, { force: true });
  return true;
}

interface Claim {
  readonly token: string;
  readonly file: string;
}

function lastOwner(file: string): Claim | undefined {
  const first = ownerOf(file);
  return first === undefined ? undefined : (successors(file, first).at(-1) ?? { token: first, file });
}

function successors(file: string, first: string): readonly Claim[] {
  const chain: Claim[] = [];
  for (let previous = first; ; ) {
    const next = successorFile(file, previous);
    const token = ownerOf(next);
    if (token === undefined) return chain;
    chain.push({ token, file: next });
    previous = token;
  }
}

const successorFile = (file: string, owner: string): string =>
  `${file}.after.${createHash("sha256").update(owner).digest("hex").slice(0, 16)}`;

/** Whether the link was made; false where the name is taken. */
function link(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

function ownerOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "latin1");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
