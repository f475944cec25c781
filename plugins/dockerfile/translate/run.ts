import { printValue, printKey, quoted } from "../print/literals.ts";
import { type Entry, type Layout, list, object, raw, withOptions } from "../print/layout.ts";
import { heredocMark, withoutTabs } from "../syntax/heredoc.ts";
import { jsonList } from "../syntax/words.ts";
import { Flags } from "./flags.ts";
import { mountLayout } from "./mounts.ts";
import { scriptLayout, type ScriptLine } from "./script.ts";
import type { Setting } from "./setting.ts";

/** RUN: nothing in its command is expanded; what ARG declared before is its environment. */
export function translateRun(setting: Setting): void {
  const flags = new Flags(setting, { mount: "list", network: "text", security: "text", device: "list" });
  refuse(setting, flags);
  const mounts = flags.list("mount").map((text) => mountLayout(setting, text));
  const options = object({
    mounts: mounts.length === 0 ? undefined : list(mounts),
    network: network(setting, flags),
    env: environment(setting),
  });
  setting.add("run", ...withOptions([command(setting)], options));
}

function refuse(setting: Setting, flags: Flags): void {
  const security = flags.text("security") ?? "sandbox";
  if (security === "insecure")
    throw setting.unsupported(
      "steps never run with all privileges",
      "--security",
      "build what needs them outside, and copy it in",
    );
  if (security !== "sandbox")
    throw setting.invalid(`--security is sandbox or insecure, and ${security} is neither`, "--security");
  if (flags.has("device")) throw setting.unsupported("steps are given no devices", "--device");
}

function network(setting: Setting, flags: Flags): Layout | undefined {
  const name = flags.text("network");
  if (name === undefined) {
    const own = setting.file.request.surroundings?.network;
    return own === undefined ? undefined : raw(quoted(own));
  }
  if (name === "default") return undefined;
  if (name === "host" || name === "none") return raw(quoted(name));
  throw setting.invalid(`--network is default, host or none, and ${name} is none of them`, "--network");
}

/** ARGs that are set; one without a default is left out while it is not given. */
function environment(setting: Setting): Layout | undefined {
  const entries = setting.stage.scope.args().map(([name, { value, emptyIsUnset }]): Entry => {
    setting.need(value);
    const key = printKey([name]);
    if (!emptyIsUnset) return { key, value: raw(printValue(value)) };
    return { spread: `...(${printValue(value)} === "" ? {} : { ${key}: ${printValue(value)} })` };
  });
  return entries.length === 0 ? undefined : { kind: "object", entries };
}

function command(setting: Setting): Layout {
  const { body, heredocs, pieces } = setting.instruction;
  const words = jsonList(body);
  if (words === null) throw setting.invalid("a JSON list holds something that is not text", body);
  if (words !== undefined) {
    if (words.length === 0) throw setting.invalid("RUN needs a command");
    return list(words.map((word) => raw(quoted(word))));
  }
  if (body === "") throw setting.invalid("RUN needs a command");
  const { shell } = setting.stage;
  const [first] = heredocs;
  if (first === undefined) return scriptLayout(pieces, shell);
  const only = heredocs.length === 1 && heredocMark(body) !== undefined;
  const text = only
    ? first.chomp
      ? withoutTabs(first.content)
      : first.content
    : `${body}\n${heredocs.map(({ name, content }) => `${content}${name}`).join("\n")}`;
  return scriptLayout(linesOf(text), shell);
}

const linesOf = (text: string): readonly ScriptLine[] => [{ text, comments: [] }];
