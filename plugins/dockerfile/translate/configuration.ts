import { baseVariable, plainBinding } from "../expand/scope.ts";
import { needsOf, staticText, type Value } from "../expand/value.ts";
import { type Entry, list, type Layout, object, raw, texts, valueLayout } from "../print/layout.ts";
import { printKey, printText, printValue, quoted } from "../print/literals.ts";
import { jsonList, plainWords, quotedWords } from "../syntax/words.ts";
import { Flags } from "./flags.ts";
import type { Setting } from "./setting.ts";

/** Names and values of ENV and LABEL, in both forms. */
function pairsOf(setting: Setting, inEnv: boolean): readonly (readonly [Value, Value])[] {
  const { keyword, body } = setting.instruction;
  const words = quotedWords(body, setting.file.dockerfile.escape);
  const [first] = words;
  if (first === undefined) throw setting.invalid(`${keyword} needs a name and a value`);
  const expand = (word: string): Value => setting.expand(word, { inEnv });
  if (!first.includes("=")) {
    const [, name = "", value] = /^(\S+)[\t\v\f\r ]+([\s\S]*)$/.exec(body) ?? [];
    if (value === undefined) throw setting.invalid(`${keyword} needs a value for ${first}`, first);
    return [[expand(name), expand(value)]];
  }
  return words.map((word) => {
    const equals = word.indexOf("=");
    if (equals < 0) throw setting.invalid(`${word} is not NAME=VALUE`, word);
    if (equals === 0) throw setting.invalid(`a name is missing before =`, word);
    return [expand(word.slice(0, equals)), expand(word.slice(equals + 1))];
  });
}

const assignments = (pairs: readonly (readonly [Value, Value])[]): Layout => ({
  kind: "object",
  entries: pairs.map(([name, value]): Entry => ({ key: printKey(name), value: valueLayout(value) })),
});

export function translateEnv(setting: Setting): void {
  new Flags(setting, {});
  // A later pair of one name wins and keeps the first one's place, as in an object.
  const pairs = pairsOf(setting, true);
  const inEnv = pairs.some((pair) => pair.some((value) => needsOf(value).has("env")));
  const values = assignments(pairs);
  if (inEnv) setting.add("env", { kind: "block", at: (indent) => envFunction(values, indent) });
  else setting.add("env", values);
  for (const [name, value] of pairs) {
    const known = staticText(name);
    if (known === undefined)
      throw setting.unsupported("the name of a variable depends on a param", undefined, "write the name");
    setting.stage.scope.set(known, plainBinding(needsOf(value).has("env") ? baseVariable(known) : value));
  }
}

const envFunction = (values: Layout, indent: string): string => {
  if (values.kind !== "object") return "";
  const entries = values.entries.map((entry) =>
    "spread" in entry ? entry.spread : `${entry.key}: ${entry.value.kind === "text" ? entry.value.text : ""}`,
  );
  const flat = `(env) => ({ ${entries.join(", ")} })`;
  if (flat.length + indent.length < 90) return flat;
  return `(env) => ({\n${entries.map((entry) => `${indent}  ${entry},\n`).join("")}${indent}})`;
};

export function translateLabel(setting: Setting): void {
  new Flags(setting, {});
  const pairs = pairsOf(setting, false);
  const odd = pairs
    .map(([name]) => staticText(name))
    .find((name) => name !== undefined && !/^[^=\s\0]+$/.test(name));
  if (odd !== undefined)
    throw setting.unsupported(
      `${JSON.stringify(odd)} cannot be the name of a label`,
      odd,
      "leave out white space",
    );
  setting.add("label", assignments(pairs));
}

export function translateMaintainer(setting: Setting): void {
  const { body } = setting.instruction;
  if (body === "") throw setting.invalid("MAINTAINER needs a name");
  setting.note("MAINTAINER set the image's author; the label is what is used since.");
  setting.add("label", object({ "org.opencontainers.image.authors": raw(quoted(body)) }));
}

export function translateExpose(setting: Setting): void {
  new Flags(setting, {});
  const written = plainWords(setting.instruction.body);
  if (written.length === 0) throw setting.invalid("EXPOSE needs a port");
  const ports = written.flatMap((word) => {
    const value = setting.expand(word);
    const known = staticText(value);
    return known === undefined
      ? [valueLayout(setting.cast(value, "Port"))]
      : plainWords(known).flatMap((port) => portsOf(setting, port));
  });
  if (ports.length === 0) throw setting.invalid("EXPOSE names no port", written[0]);
  setting.add("expose", ...ports);
}

const mostPorts = 1024;

/** `[ip:][host:]port[-port][/protocol]`: what is before the last colon says nothing in an image. Docker counts each port of a range. */
function portsOf(setting: Setting, word: string): readonly Layout[] {
  const port = word.slice(word.lastIndexOf(":") + 1);
  const [, first = "", last = first, protocol = ""] =
    /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp)?)?$/i.exec(port) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === "" || to < from || to > 65535)
    throw setting.invalid(`${JSON.stringify(word)} is not a port`, word, 'write 80, "53/udp" or "8000-8010"');
  if (from === 0) throw setting.unsupported("port 0 cannot be exposed", word, "leave it out");
  if (to - from >= mostPorts) throw setting.unsupported(`${word} are more than ${mostPorts} ports`, word);
  const kind = protocol === "" || /^tcp$/i.test(protocol) ? "" : `/${protocol.toLowerCase()}`;
  return Array.from({ length: to - from + 1 }, (_, index) =>
    raw(kind === "" ? String(from + index) : quoted(`${from + index}${kind}`)),
  );
}

export function translateUser(setting: Setting): void {
  new Flags(setting, {});
  setting.add("user", valueLayout(oneWord(setting)));
}

export function oneWord(setting: Setting): Value {
  const { keyword, body } = setting.instruction;
  if (body === "") throw setting.invalid(`${keyword} needs an argument`);
  const value = setting.expand(body);
  if (staticText(value) === "") throw setting.invalid(`${keyword} has an empty argument: ${body}`, body);
  return value;
}

export function translateVolume(setting: Setting): void {
  new Flags(setting, {});
  const { body } = setting.instruction;
  const words = listOrWords(setting, body);
  if (words.length === 0) throw setting.invalid("VOLUME needs a path");
  const paths = words.map((word) => {
    const path = setting.expand(word.trim());
    const known = staticText(path);
    if (known === "") throw setting.invalid("the path of a volume is empty", word);
    if (known?.startsWith("/") === false)
      throw setting.unsupported(`the path of a volume, ${known}, is not absolute`, word, `write /${known}`);
    return path;
  });
  setting.add("volume", ...paths.map(valueLayout));
}

/** A JSON list, or words between white space. */
export function listOrWords(setting: Setting, body: string): readonly string[] {
  const json = jsonList(body);
  if (json === null) throw setting.invalid("a JSON list holds something that is not text", body);
  return json ?? plainWords(body);
}

const signals = new Set(
  (
    "ABRT ALRM BUS CHLD CONT FPE HUP ILL INT IO KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 " +
    "VTALRM WINCH XCPU XFSZ RTMIN RTMAX"
  ).split(" "),
);

export function translateStopSignal(setting: Setting): void {
  new Flags(setting, {});
  const value = oneWord(setting);
  const known = staticText(value)?.toUpperCase();
  if (known === undefined) setting.add("stopSignal", valueLayout(setting.cast(value, "Signal")));
  else if (/^\d+$/.test(known)) {
    if (Number(known) < 1 || Number(known) > 64) throw setting.invalid(`there is no signal ${known}`, known);
    setting.add("stopSignal", raw(String(Number(known))));
  } else {
    const name = known.replace(/^SIG/, "");
    if (!signals.has(name) && !/^RTM(?:IN\+|AX-)(?:\d|1[0-5])$/.test(name))
      throw setting.invalid(`${known} is not a signal`, setting.instruction.body);
    setting.add("stopSignal", raw(quoted(`SIG${name}`)));
  }
}

export function translateShell(setting: Setting): void {
  new Flags(setting, {});
  const { body } = setting.instruction;
  const words = jsonList(body);
  if (!Array.isArray(words) || words.length === 0)
    throw setting.invalid("SHELL takes a JSON list", body, 'write SHELL ["/bin/bash", "-c"]');
  setting.stage.shell = words as readonly string[];
  setting.add("shell", ...(words as readonly string[]).map((word) => raw(quoted(word))));
}

/** CMD and ENTRYPOINT: nothing is expanded. */
export function translateCommand(setting: Setting): void {
  new Flags(setting, {});
  const { keyword, body } = setting.instruction;
  const command = commandLayout(setting, body);
  if (command === undefined && keyword === "CMD" && body === "") throw setting.invalid("CMD needs a command");
  setting.add(keyword === "CMD" ? "cmd" : "entrypoint", command ?? raw("null"));
}

/** Undefined: there is none. */
function commandLayout(setting: Setting, body: string): Layout | undefined {
  const words = jsonList(body);
  if (words === null) throw setting.invalid("a JSON list holds something that is not text", body);
  if (words === undefined) return body === "" ? undefined : raw(printText(body));
  return words.length === 0 ? undefined : list(words.map((word) => raw(quoted(word))));
}

export function translateHealthcheck(setting: Setting): void {
  const { body } = setting.instruction;
  const [, type = "", rest = ""] = /^(\S*)\s*([\s\S]*)$/.exec(body) ?? [];
  const flags = new Flags(setting, {
    interval: "text",
    timeout: "text",
    "start-period": "text",
    "start-interval": "text",
    retries: "text",
  });
  if (/^none$/i.test(type)) {
    if (rest !== "") throw setting.invalid("HEALTHCHECK NONE takes no argument", rest);
    setting.add("healthcheck", raw('"none"'));
    return;
  }
  if (!/^cmd$/i.test(type)) throw setting.invalid("HEALTHCHECK is followed by CMD or NONE", type);
  const test = commandLayout(setting, rest);
  if (test === undefined) throw setting.invalid("HEALTHCHECK CMD needs a command");
  const retries = flags.text("retries") ?? "";
  if (!/^\d*$/.test(retries))
    throw setting.invalid(`--retries takes a whole number, and ${retries} is none`, "--retries");
  setting.add(
    "healthcheck",
    object({
      test,
      interval: duration(setting, flags, "interval"),
      timeout: duration(setting, flags, "timeout"),
      startPeriod: duration(setting, flags, "start-period"),
      startInterval: duration(setting, flags, "start-interval"),
      retries: retries === "" || Number(retries) === 0 ? undefined : raw(String(Number(retries))),
    }),
  );
}

/** As Go reads it; none and 0 are docker's default. */
function duration(setting: Setting, flags: Flags, name: string): Layout | undefined {
  const text = flags.text(name) ?? "";
  if (text === "" || /^0[a-zµ]*$/.test(text)) return undefined;
  if (!/^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/.test(text))
    throw setting.invalid(
      `--${name} takes a duration, and ${text} is none`,
      `--${name}`,
      "write 30s or 1m30s",
    );
  const parts = text.replace(/[\d.]+/g, "#");
  if (/^(?:#(?:ns|us|ms|s|m|h)|#h#m|#m#s|#h#m#s)$/.test(parts)) return raw(quoted(text));
  setting.module.useType("Duration");
  return raw(`${quoted(text)} as Duration`);
}

export function translateOnBuild(setting: Setting): void {
  new Flags(setting, {});
  const { body, heredocs } = setting.instruction;
  const [, word = "", rest = ""] = /^(\S+)\s*([\s\S]*)$/.exec(body) ?? [];
  const keyword = word.toUpperCase();
  if (["ONBUILD", "FROM", "MAINTAINER"].includes(keyword))
    throw setting.invalid(`${keyword} cannot be a trigger`, word);
  if (keyword === "" || rest === "") throw setting.invalid("ONBUILD needs an instruction");
  const why = triggerProblem(keyword, rest, heredocs.length > 0);
  if (why !== undefined)
    throw setting.unsupported(`this trigger ${why}`, word, "do what it does in a helper: with(…)");
  setting.add("onBuild", raw(printText(`${keyword} ${rest}`)));
}

const triggerFlags: Readonly<Record<string, readonly string[]>> = {
  ADD: ["chown", "chmod", "link", "checksum"],
  COPY: ["from", "chown", "chmod", "link", "parents", "exclude"],
  HEALTHCHECK: ["interval", "timeout", "start-period", "start-interval", "retries"],
  RUN: ["network"],
};
const shellTriggers = ["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"];
const triggers = [
  ...shellTriggers,
  "ADD",
  "COPY",
  "ENV",
  "EXPOSE",
  "LABEL",
  "SHELL",
  "STOPSIGNAL",
  "USER",
  "VOLUME",
  "WORKDIR",
];

/** What triggers of a declaration do not have. */
function triggerProblem(keyword: string, rest: string, hasHeredoc: boolean): string | undefined {
  if (!triggers.includes(keyword)) return `is ${keyword}, which triggers cannot be`;
  if (hasHeredoc) return "has a here-document";
  if (!shellTriggers.includes(keyword) && rest.includes("$")) return "uses a variable";
  for (const [, name = ""] of rest.matchAll(/(?<=^|\s)--([a-z-]+)/g)) {
    if (shellTriggers.includes(keyword) && !rest.startsWith("--")) break;
    if (!(triggerFlags[keyword] ?? []).includes(name)) return `has the flag --${name}`;
  }
  return undefined;
}

export const pathTexts = (values: readonly Value[]): Layout =>
  values.length === 1 && values[0] !== undefined ? raw(printValue(values[0])) : texts(values);
