import os from "node:os";
import { TsdockError } from "../errors/tsdock-error.ts";

/** Lowest and highest real-time signals of glibc (signal(7)). */
const realTime = { MIN: 34, MAX: 64 } as const;

/**
 * The number of a signal as docker takes them: `TERM`, `SIGTERM`, `15`, `RTMIN+3`. Error `SIGNAL_INVALID`.
 */
export function signalNumber(text: string): number {
  const name = text.toUpperCase().replace(/^SIG/, "");
  const number = /^\d+$/.test(name) ? Number(name) : named(name);
  if (number !== undefined && number >= 1 && number <= realTime.MAX) return number;
  throw new TsdockError("SIGNAL_INVALID", `${JSON.stringify(text)} is no signal`, {
    hint: "give a name such as TERM or HUP, or a number from 1 to 64; `kill -l` of a shell lists them",
  });
}

function named(name: string): number | undefined {
  const known = (os.constants.signals as Readonly<Record<string, number | undefined>>)[`SIG${name}`];
  if (known !== undefined) return known;
  const [, end, offset = "0"] = /^RT(MIN|MAX)(?:[+-](\d+))?$/.exec(name) ?? [];
  if (end === "MIN") return realTime.MIN + Number(offset);
  if (end === "MAX") return realTime.MAX - Number(offset);
  return undefined;
}
