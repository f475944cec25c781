import os from "node:os";
import { TsdockError } from "../errors/tsdock-error.ts";
import type { SolveSelection } from "../toolkit/solve-options.ts";
import type { ParsedOptions } from "./command.ts";

export const textOption = (options: ParsedOptions, name: string): string | undefined => {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
};
export const flagOption = (options: ParsedOptions, name: string): boolean => options[name] === true;
export const listOption = (options: ParsedOptions, name: string): readonly string[] => {
  const value = options[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
};
/** Values separated by commas, given once or several times. */
export const commaList = (options: ParsedOptions, name: string): readonly string[] =>
  listOption(options, name)
    .flatMap((value) => value.split(",").map((part) => part.trim()))
    .filter((part) => part !== "");

/** A whole number from `least`; undefined where it was not given. Error `USAGE`. */
export function countOption(options: ParsedOptions, name: string, least = 0): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const count = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(count) && count >= least) return count;
  throw new TsdockError("USAGE", `--${name} ${text} is no whole number from ${least}`, {
    hint: `write --${name} 10`,
  });
}

/** `--time`, or `--timeout` as docker calls it since 28; -1 is for ever. Error `USAGE`. */
export const secondsToStop = (options: ParsedOptions): number | undefined =>
  countOption(options, "time", -1) ?? countOption(options, "timeout", -1);

/** `name=value` pairs; the last one of a name wins. */
export function assignments(options: ParsedOptions, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    listOption(options, name).map((text) => {
      const at = text.indexOf("=");
      if (at <= 0)
        throw new TsdockError("USAGE", `--${name} ${text} is not NAME=VALUE`, {
          hint: `write --${name} port=81`,
        });
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function jobs(options: ParsedOptions): number {
  const text = textOption(options, "jobs");
  if (text === undefined) return os.availableParallelism();
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1024) return count;
  throw new TsdockError("USAGE", `-j ${text} is no number of steps`, {
    hint: "give a whole number from 1 to 1024",
  });
}

/** The options that every command which builds shares. */
export function solveSelection(options: ParsedOptions, images: readonly string[]): SolveSelection {
  // Commander stores `--no-cache [images]` as `cache`: true unless given, false when bare, else the text.
  const cache = options["cache"];
  return {
    images,
    platforms: commaList(options, "platform"),
    params: assignments(options, "set"),
    secrets: listOption(options, "secret"),
    ssh: listOption(options, "ssh"),
    noCache: typeof cache === "string" ? cache.split(",") : cache === false,
    jobs: jobs(options),
    keepGoing: flagOption(options, "keepGoing"),
    locked: flagOption(options, "locked"),
    runtime: textOption(options, "runtime"),
    config: textOption(options, "config"),
  };
}
