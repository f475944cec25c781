import type { Site } from "../../declare/site.ts";
import { isKnownPlatform, type Platform, parsePlatform } from "../../oci/spec/platform.ts";
import { platformHint } from "../platform-hint.ts";
import { problem } from "./problems.ts";

/** A value as a message says it. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
    case "object":
      return JSON.stringify(value);
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "number":
    case "bigint":
    case "boolean":
    case "undefined":
      return String(value);
  }
}

/** Text without NUL, which no path, name or variable can hold. */
export function checkText(value: unknown, what: string, site: Site): string {
  if (typeof value === "string" && !value.includes("\0")) return value;
  const hint = Array.isArray(value) ? "name them one after the other, without a list around them" : undefined;
  throw problem("DECLARATION_INVALID", `${what} must be text, and ${shown(value)} is none`, site, hint);
}

/** Something for the methods that take any number of values: at least one. */
export function checkSome<T>(values: readonly T[], what: string, site: Site): readonly T[] {
  if (values.length > 0) return values;
  throw problem("DECLARATION_INVALID", `${what} names nothing`, site, "name at least one, or leave it out");
}

/** A path in the image: absolute or, where the instruction allows it, relative to the working directory. */
export function checkImagePath(value: unknown, what: string, site: Site): string {
  const path = checkText(value, what, site);
  if (path === "")
    throw problem("PATH_INVALID", `${what} is empty`, site, 'write "." for the working directory');
  return path;
}

export function checkAbsolute(value: unknown, what: string, site: Site): string {
  const path = checkImagePath(value, what, site);
  if (path.startsWith("/")) return path;
  throw problem("PATH_INVALID", `${what} ${shown(path)} is not absolute`, site, `write ${shown(`/${path}`)}`);
}

const leaves = (path: string): boolean => {
  let depth = 0;
  for (const part of path.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return true;
  }
  return false;
};

/** A path or pattern in the context: relative, and within. */
export function checkContextPath(value: unknown, context: string, site: Site): string {
  const path = checkText(value, "a path of the context", site);
  if (path === "")
    throw problem("PATH_INVALID", "a path of the context is empty", site, 'write "." for all of it');
  if (path.startsWith("/")) {
    const inside = path.startsWith(`${context}/`)
      ? path.slice(context.length + 1)
      : path.replace(/^\/+/, "") || ".";
    throw problem(
      "PATH_INVALID",
      `${shown(path)} is absolute; paths of the context are relative to ${context}`,
      site,
      `write ${shown(inside)}`,
    );
  }
  if (!leaves(path)) return path;
  const hint = 'give the image a context that holds it: image({ context: ".." })';
  throw problem("PATH_OUTSIDE_CONTEXT", `${shown(path)} leads out of the context ${context}`, site, hint);
}

/** A path or pattern in another file tree: `/` is its root. */
export function checkTreePath(value: unknown, site: Site): string {
  const path = checkImagePath(value, "a path to copy", site);
  if (!leaves(path)) return path;
  throw problem("PATH_INVALID", `${shown(path)} leads above the root`, site);
}

export function checkPort(value: unknown, site: Site): string {
  const match = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(
    typeof value === "number" ? String(value) : typeof value === "string" ? value : "",
  );
  const [, first = "", last = first, protocol = "tcp"] = match ?? [];
  const valid = (port: string): boolean => Number(port) >= 1 && Number(port) <= 65535;
  if (match === null || !valid(first) || !valid(last) || Number(last) < Number(first)) {
    throw problem(
      "PORT_INVALID",
      `${shown(value)} is not a port`,
      site,
      'write a number from 1 to 65535, "53/udp" or "8000-8010"',
    );
  }
  const range = Number(first) === Number(last) ? String(Number(first)) : `${Number(first)}-${Number(last)}`;
  return `${range}/${protocol}`;
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

/** Nanoseconds. */
export function checkDuration(value: unknown, what: string, site: Site): number {
  const text = typeof value === "string" ? value : "";
  if (/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) {
    let total = 0;
    for (const [, amount = "0", unit = "s"] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
      total += Number(amount) * (units[unit] ?? 0);
    }
    // As docker has it: 0 means the default, and less than a millisecond is refused.
    if (total === 0 || total >= 1e6) return Math.round(total);
  }
  throw problem(
    "DURATION_INVALID",
    `${what} ${shown(value)} is not a duration`,
    site,
    'write "30s", "1m30s" or "500ms"; at least 1ms',
  );
}

const signalNames = new Set(
  "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX".split(
    " ",
  ),
);

export function checkSignal(value: unknown, site: Site): string {
  if (typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value))) {
    if (Number.isInteger(Number(value)) && Number(value) >= 1 && Number(value) <= 64) return String(value);
  } else if (typeof value === "string") {
    const name = value.toUpperCase().replace(/^SIG/, "");
    const realTime = /^(?:RTMIN\+|RTMAX-)(\d+)$/.exec(name);
    if (signalNames.has(name) || (realTime !== null && Number(realTime[1]) <= 15)) return `SIG${name}`;
  }
  throw problem(
    "SIGNAL_INVALID",
    `${shown(value)} is not a signal`,
    site,
    'write a name such as "SIGTERM" or a number from 1 to 64',
  );
}

export function checkMode(value: unknown, site: Site): number {
  if (typeof value === "string" && /^[0-7]{3,4}$/.test(value)) return Number.parseInt(value, 8);
  throw problem(
    "MODE_INVALID",
    `${shown(value)} is not a mode`,
    site,
    'write octal digits as text: "755", "0644"',
  );
}

export function checkUser(value: unknown, site: Site): string {
  if (typeof value === "string" && /^[^:\s\0]+(?::[^:\s\0]+)?$/.test(value)) return value;
  throw problem(
    "USER_INVALID",
    `${shown(value)} is not a user`,
    site,
    'write "node", "1000" or "node:www-data"',
  );
}

/** Variables, labels or annotations: names without `=` and white space, values as text. */
export function checkValues(
  values: unknown,
  code: "ENV_INVALID" | "LABEL_INVALID",
  what: string,
  site: Site,
): Record<string, string> {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw problem(code, `${what} takes an object of names and values, and ${shown(values)} is none`, site);
  }
  const checked: [string, string][] = [];
  for (const [name, value] of Object.entries(values)) {
    if (!/^[^=\s\0]+$/.test(name))
      throw problem(
        code,
        `${shown(name)} cannot be a name of ${what}`,
        site,
        "leave out white space and `=`",
      );
    const isText = typeof value === "string" && !value.includes("\0");
    if (!isText && !Number.isFinite(value)) {
      throw problem(
        code,
        `the value of ${name} must be text or a number, and ${shown(value)} is neither`,
        site,
      );
    }
    checked.push([name, String(value)]);
  }
  return Object.fromEntries(checked);
}

export function checkCommand(command: unknown, what: string, site: Site): string | readonly string[] {
  const hint = "text runs in the shell, a list is executed as it is";
  if (typeof command === "string") {
    if (command.trim() !== "" && !command.includes("\0")) return command;
  } else if (Array.isArray(command)) {
    const words: readonly unknown[] = command;
    if (words.length > 0 && words[0] !== "")
      return words.map((word) => checkText(word, `a word of ${what}`, site));
  } else
    throw problem(
      "DECLARATION_INVALID",
      `${what} takes text or a list, and ${shown(command)} is neither`,
      site,
      hint,
    );
  throw problem("COMMAND_EMPTY", `the command of ${what} is empty`, site, hint);
}

export function checkPlatform(value: unknown, site: Site): Platform {
  const platform = typeof value === "string" && value.includes("/") ? parsePlatform(value) : undefined;
  if (platform !== undefined && isKnownPlatform(platform)) return platform;
  throw problem("PLATFORM_INVALID", `${shown(value)} is not a platform`, site, platformHint(platform));
}

export function checkSize(value: unknown, site: Site): number {
  const match =
    typeof value === "number"
      ? [String(value), String(value), ""]
      : /^(\d+)([kmg])$/.exec(typeof value === "string" ? value : "");
  const [, amount = "", unit = ""] = match ?? [];
  const bytes = Number(amount) * 1024 ** ["", "k", "m", "g"].indexOf(unit);
  if (match !== null && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw problem("MOUNT_INVALID", `${shown(value)} is not a size`, site, 'write bytes, or "64m"');
}
