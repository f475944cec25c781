import type { Instruction } from "../../declare/instruction.ts";
import type { Site } from "../../declare/site.ts";
import { problem } from "./problems.ts";

/**
 * Reads an ONBUILD trigger as a Dockerfile has it. What needs the environment of the base (`$NAME` outside of RUN, CMD and
 * ENTRYPOINT, where the shell sees to it) is refused, as are flags that are not known here. Error `TRIGGER_INVALID`.
 */
export function parseTrigger(text: unknown, site: Site): Instruction {
  const fail = (why: string, hint?: string): Error =>
    problem("TRIGGER_INVALID", `the trigger ${JSON.stringify(text)} ${why}`, site, hint);
  if (typeof text !== "string") throw fail("is not text");
  const [, word = "", rest = ""] = /^\s*([A-Za-z]+)\s+([\s\S]*\S)\s*$/.exec(text) ?? [];
  const keyword = word.toUpperCase();
  const read = readers[keyword];
  if (read === undefined) {
    throw fail(
      "is not an instruction that can be a trigger",
      `write one of ${Object.keys(readers).join(", ")}`,
    );
  }
  const { flags, body } = cutFlags(rest);
  if (!shellKeywords.has(keyword) && body.includes("$")) {
    throw fail(
      "uses a variable",
      "triggers are read before the environment of the base is known: write the value",
    );
  }
  const unknown = Object.keys(flags).find((flag) => !(knownFlags[keyword] ?? []).includes(flag));
  if (unknown !== undefined) throw fail(`has the flag --${unknown}, which is not understood`);
  return read(body, flags, fail);
}

type Flags = Readonly<Record<string, string>>;
type Fail = (why: string, hint?: string) => Error;
type Reader = (body: string, flags: Flags, fail: Fail) => Instruction;

const shellKeywords = new Set(["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"]);
const copyFlags = ["from", "chown", "chmod", "link", "parents", "exclude"];
const knownFlags: Readonly<Record<string, readonly string[]>> = {
  COPY: copyFlags,
  ADD: ["chown", "chmod", "link", "checksum"],
  RUN: ["network"],
  HEALTHCHECK: ["interval", "timeout", "start-period", "start-interval", "retries"],
};

/** Flags before the rest: `--chown=a:b --link`. */
function cutFlags(text: string): { readonly flags: Flags; readonly body: string } {
  const flags: Record<string, string> = {};
  let body = text;
  for (let match = flag.exec(body); match !== null; match = flag.exec(body)) {
    const [whole, name = "", value = "true"] = match;
    flags[name] = value;
    body = body.slice(whole.length);
  }
  return { flags, body };
}
const flag = /^--([a-z-]+)(?:=(\S*))?\s+/;

/** `["a", "b"]` as JSON, else undefined: the text is then for the shell. */
function jsonList(body: string): readonly string[] | undefined {
  if (!body.startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) && value.every((word) => typeof word === "string") ? value : undefined;
  } catch (error) {
    // Not JSON is not a mistake here: `[ -f x ] && …` is a command for the shell.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Words with the quotes of a Dockerfile taken away; a backslash takes the next character as it is. */
function words(body: string): readonly string[] {
  const found = body.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
  return found.map((word) =>
    word.replace(
      /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g,
      (_, double?: string, single?: string, escaped?: string) =>
        double === undefined ? (single ?? escaped ?? "") : double.replace(/\\(["\\$])/g, "$1"),
    ),
  );
}

const listOrWords = (body: string): readonly string[] => jsonList(body) ?? words(body);
const listOrText = (body: string): string | readonly string[] => jsonList(body) ?? body;

/** `A=1 B="two words"`, or the old form `A one value`. */
function pairs(body: string, fail: Fail): Readonly<Record<string, string>> {
  const all = words(body);
  if (all[0]?.includes("=") !== true) {
    const [, name = "", value] = /^(\S+)\s+([\s\S]+)$/.exec(body) ?? [];
    if (value === undefined) throw fail("names a variable without a value");
    return { [name]: value };
  }
  return Object.fromEntries(
    all.map((word) => {
      const at = word.indexOf("=");
      if (at < 1) throw fail(`has ${JSON.stringify(word)} where NAME=VALUE is expected`);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

function paths(
  body: string,
  fail: Fail,
): { readonly sources: readonly string[]; readonly destination: string } {
  const all = listOrWords(body);
  const destination = all.at(-1);
  if (destination === undefined || all.length < 2) throw fail("needs a source and a destination");
  return { sources: all.slice(0, -1), destination };
}

/** Options as flags give them; `compile-file.ts` checks the values. */
const fileOptions = (flags: Flags): Record<string, unknown> => ({
  ...(flags.chown === undefined ? {} : { chown: flags.chown }),
  ...(flags.chmod === undefined ? {} : { chmod: flags.chmod }),
  ...(flags.link === undefined ? {} : { link: flags.link === "true" }),
  ...(flags.parents === undefined ? {} : { parents: flags.parents === "true" }),
  ...(flags.exclude === undefined ? {} : { exclude: [flags.exclude] }),
  ...(flags.from === undefined ? {} : { from: flags.from }),
});

function readCopy(body: string, flags: Flags, fail: Fail): Instruction {
  const { sources, destination } = paths(body, fail);
  // In a Dockerfile a leading slash is the context's root.
  const relative = flags.from === undefined ? sources.map((path) => path.replace(/^\/+(?=.)/, "")) : sources;
  return {
    type: "copy",
    sources: relative.map((path) => (path === "/" ? "." : path)),
    destination,
    options: fileOptions(flags),
  };
}

function readAdd(body: string, flags: Flags, fail: Fail): Instruction {
  const { sources, destination } = paths(body, fail);
  const [source = ""] = sources;
  const options = fileOptions(flags);
  if (/^https?:/.test(source)) {
    if (flags.checksum === undefined)
      throw fail("downloads without --checksum", "say what it must be: --checksum=sha256:…");
    const url = { url: source as `https://${string}`, checksum: flags.checksum as `sha256:${string}` };
    return { type: "add", source: url, destination, options };
  }
  if (sources.length === 1 && /\.(?:tar|tgz|txz|tar\.(?:gz|xz|zst|bz2))$/.test(source)) {
    return { type: "add", source: { archive: source.replace(/^\/+/, "") }, destination, options };
  }
  return readCopy(body, flags, fail);
}

function readHealthcheck(body: string, flags: Flags, fail: Fail): Instruction {
  if (/^none$/i.test(body)) return { type: "healthcheck", check: "none" };
  const [, command] = /^CMD\s+([\s\S]+)$/i.exec(body) ?? [];
  if (command === undefined) throw fail("is neither HEALTHCHECK CMD … nor HEALTHCHECK NONE");
  const durations: Record<string, unknown> = {};
  const names = {
    interval: "interval",
    timeout: "timeout",
    "start-period": "startPeriod",
    "start-interval": "startInterval",
  };
  for (const [name, option] of Object.entries(names))
    if (flags[name] !== undefined) durations[option] = flags[name];
  if (flags.retries !== undefined) durations.retries = Number(flags.retries);
  return { type: "healthcheck", check: { test: listOrText(command) as string, ...durations } };
}

const readers: Readonly<Record<string, Reader>> = {
  ADD: readAdd,
  CMD: (body) => ({ type: "cmd", command: listOrText(body) }),
  COPY: readCopy,
  ENTRYPOINT: (body) => ({ type: "entrypoint", command: listOrText(body) }),
  ENV: (body, _, fail) => ({ type: "env", values: pairs(body, fail) }),
  EXPOSE: (body) => ({ type: "expose", ports: words(body) }),
  HEALTHCHECK: readHealthcheck,
  LABEL: (body, _, fail) => ({ type: "label", labels: pairs(body, fail) }),
  RUN: (body, { network }, fail) => {
    if (network !== undefined && !/^(?:default|host|none)$/.test(network))
      throw fail(`names the network ${network}`);
    const options = network === undefined ? {} : { network: network as "default" | "host" | "none" };
    return { type: "run", command: listOrText(body), options };
  },
  SHELL: (body, _, fail) => {
    const shell = jsonList(body);
    if (shell === undefined) throw fail("needs a JSON list");
    return { type: "shell", shell };
  },
  STOPSIGNAL: (body) => ({ type: "stopSignal", signal: body }),
  USER: (body) => ({ type: "user", user: body }),
  VOLUME: (body) => ({ type: "volume", paths: listOrWords(body) }),
  WORKDIR: (body) => ({ type: "workdir", path: body }),
};
