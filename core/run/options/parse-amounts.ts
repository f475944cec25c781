import { TsdockError } from "../../errors/tsdock-error.ts";

const sizes: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};
/** Docker's own lower bound: less does not start a container. */
const leastMemory = 6 * 2 ** 20;

export const parseMemory = (text: string): number => parseBytes(text, "memory", leastMemory);

/** `64m`, `1.5g`, `1048576`: bytes, in powers of 1024 as docker has it. Error `USAGE`. */
export function parseBytes(text: string, option: string, least: number): number {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)([bkmgt]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(amount) * (sizes[unit.toLowerCase()] ?? Number.NaN));
  if (amount !== "" && Number.isSafeInteger(bytes) && bytes >= least) return bytes;
  const bound = least < 2 ** 20 ? "" : `; the least is ${least / 2 ** 20}m`;
  throw usage(`--${option} ${text} is no amount of memory`, `write 64m or 1g${bound}`);
}

/** `1.5`: billionths of a processor, no more than `most` processors, as docker has it. Error `USAGE`. */
export function parseCpus(text: string, most: number): number {
  const nano = Math.round(Number(text) * 1e9);
  // Quotas are counted in thousandths of a period.
  if (/^\d*\.?\d+$/.test(text) && Number.isSafeInteger(nano) && nano >= 1e7 && nano <= most * 1e9)
    return nano;
  throw usage(
    `--cpus ${text} is no number of processors from 0.01 to ${most}`,
    `write ${most / 2}; this machine has ${most}`,
  );
}

/** A whole number from `least`. Error `USAGE`. */
export function parseCount(text: string, option: string, least: number): number {
  const count = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(count) && count >= least) return count;
  throw usage(
    `--${option} ${text} is no whole number from ${least}`,
    `write --${option} ${Math.max(least, 10)}`,
  );
}

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A duration as Go writes them, in nanoseconds. Error `DURATION_INVALID`. */
export function parseDuration(text: string, option: string): number {
  if (text === "0") return 0;
  if (/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) {
    const parts = [...text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)];
    const total = Math.round(
      parts.reduce((sum, [, amount = "0", unit = "s"]) => sum + Number(amount) * (units[unit] ?? 0), 0),
    );
    if (total === 0 || total >= 1e6) return total;
  }
  throw new TsdockError("DURATION_INVALID", `--${option} ${text} is not a duration`, {
    hint: "write 30s, 1m30s or 500ms; at least 1ms",
  });
}

const usage = (message: string, hint: string): TsdockError => new TsdockError("USAGE", message, { hint });
