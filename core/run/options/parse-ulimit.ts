import { TsdockError } from "../../errors/tsdock-error.ts";
import type { ProcessLimit } from "../../oci/runtime/sandbox.ts";

const names =
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  );

/** `nofile=1024:2048`, `core=0`; -1 is no limit. The last one of a name counts. Error `USAGE`. */
export function parseUlimits(texts: readonly string[]): readonly ProcessLimit[] {
  const limits = new Map(texts.map(parseUlimit).map((limit) => [limit.type, limit]));
  return [...limits.values()];
}

function parseUlimit(text: string): ProcessLimit {
  const [, name = "", first = "", second = first] = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(text) ?? [];
  const [soft, hard] = [Number(first), Number(second)];
  if (name === "" || !Number.isSafeInteger(soft) || !Number.isSafeInteger(hard))
    throw usage(`--ulimit ${text} is not NAME=SOFT[:HARD]`);
  if (!names.includes(name)) throw usage(`--ulimit ${text}: there is no limit ${name}`);
  if (hard >= 0 && (soft < 0 || soft > hard))
    throw usage(`--ulimit ${text}: the soft limit must be less than or equal to the hard limit`);
  return { type: `RLIMIT_${name.toUpperCase()}`, soft, hard };
}

const usage = (message: string): TsdockError =>
  new TsdockError("USAGE", message, { hint: `write nofile=1024:2048; names are ${names.join(", ")}` });
