import { staticText, type Value } from "../expand/value.ts";
import { type Layout, object, raw, valueLayout, withOptions } from "../print/layout.ts";
import { printValue, quoted } from "../print/literals.ts";
import { plainWords } from "../syntax/words.ts";
import { Flags } from "./flags.ts";
import type { Setting } from "./setting.ts";
import { contextOf } from "./stage-files.ts";
import type { StageDraft } from "./stage-draft.ts";

/** What FROM names. */
export interface Base {
  readonly layout: Layout;
  /** The one stage that it is, where that is known. */
  readonly stage: StageDraft | undefined;
  readonly isScratch: boolean;
}

/** The words of FROM: what it names and how the stage is called. */
export function fromWords(
  body: string,
): { readonly base: string; readonly name: string | undefined } | undefined {
  const [base, as, name, ...others] = plainWords(body);
  if (base === undefined || others.length > 0) return undefined;
  if (as === undefined) return { base, name: undefined };
  return /^as$/i.test(as) && name !== undefined ? { base, name: name.toLowerCase() } : undefined;
}

/** FROM: only what is before the first one, and the platforms, can be in it. */
export function translateFrom(setting: Setting): Base {
  const flags = new Flags(setting, { platform: "text" });
  const words = fromWords(setting.instruction.body);
  if (words === undefined) throw setting.invalid("FROM takes an image, and perhaps AS and a name");
  if (words.name !== undefined && !/^[a-z][a-z0-9-_.]*$/.test(words.name))
    throw setting.invalid(
      `${words.name} cannot name a stage`,
      words.name,
      "begin with a letter; then letters, digits, -, _ and .",
    );
  const value = setting.expand(words.base);
  const base = baseOf(setting, value, words.base);
  const platform = platformLayout(setting, flags);
  setting.add("from", ...withOptions([base.layout], object({ platform })));
  return base;
}

function baseOf(setting: Setting, value: Value, word: string): Base {
  const known = staticText(value);
  const before = setting.file.stages.filter(({ index }) => index < setting.stage.index);
  if (known === undefined)
    return { layout: dynamicBase(setting, value, before), stage: undefined, isScratch: false };
  if (known === "") throw setting.invalid(`${word} is empty: no ARG before the first FROM sets it`, word);
  const stage = before.findLast(({ name }) => name === known.toLowerCase());
  if (stage !== undefined) return { layout: raw(stage.constant), stage, isScratch: false };
  const context = contextOf(setting, known);
  if (context !== undefined) return { layout: raw(context), stage: undefined, isScratch: false };
  if (known === "scratch") {
    setting.module.use("scratch");
    return { layout: raw("scratch"), stage: undefined, isScratch: true };
  }
  return { layout: raw(quoted(known)), stage: undefined, isScratch: false };
}

/** A name that params make may be that of a stage: as docker has it, a stage is meant where there is one. */
function dynamicBase(setting: Setting, value: Value, before: readonly StageDraft[]): Layout {
  const pattern = new RegExp(
    `^${value
      .map((part) => (typeof part === "string" ? escape(part.toLowerCase()) : ".*"))
      .join("")
      .replace(/(?:\.\*)+/g, ".*")}$`,
  );
  // A param alone could be anything; that it names a stage is what its default says.
  const candidates = before.filter(
    ({ name }) => name !== undefined && pattern.test(name) && isLikely(setting, value),
  );
  const contexts = [...(setting.file.request.surroundings?.contexts ?? [])].filter(
    ([name]) => pattern.test(name) && value.length > 0,
  );
  if (candidates.length + contexts.length === 0) return valueLayout(value);
  setting.module.useType("Files");
  const entries = [
    ...contexts,
    ...candidates.map(({ name = "", constant }) => [name, constant] as const),
  ].map(([name, constant]) => `${quoted(name)}: ${constant}`);
  const table = `({ ${entries.join(", ")} } as Readonly<Record<string, Files>>)`;
  return raw(`${table}[${printValue(value)}] ?? ${printValue(value)}`);
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

const isLikely = (setting: Setting, value: Value): boolean =>
  value.length > 1 ||
  setting.file.dockerfile.instructions.some(
    ({ keyword, body }) =>
      keyword === "ARG" &&
      setting.file.stages.some(({ name }) => name !== undefined && body.toLowerCase().endsWith(`=${name}`)),
  );

function platformLayout(setting: Setting, flags: Flags): Layout | undefined {
  const written = flags.text("platform");
  if (written === undefined || written === "") return undefined;
  const name = /^\$\{?(\w+)\}?$/.exec(written)?.[1];
  // The target's platform is what a base has anyway.
  if (name === "TARGETPLATFORM") return undefined;
  const value = setting.expand(written);
  const known = staticText(value);
  if (known === undefined) return valueLayout(setting.cast(value, "PlatformText"));
  if (known === "") throw setting.invalid(`the platform ${written} is empty`, written);
  const [os = "", architecture = "", variant] = known.toLowerCase().split("/");
  if (os !== "linux" || architecture === "")
    throw setting.unsupported(
      `${known} is not a platform of Linux`,
      written,
      "write linux/amd64 or linux/arm64",
    );
  const usual = architecture === "arm64" && variant === "v8" ? "linux/arm64" : known.toLowerCase();
  return raw(
    quoted(
      usual.replace(/^linux\/(?:x86_64|x86-64)$/, "linux/amd64").replace(/^linux\/aarch64$/, "linux/arm64"),
    ),
  );
}
